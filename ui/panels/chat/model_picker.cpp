#include "ui/panels/chat/model_picker.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>

#include "ui/panels/chat/figures.h"
#include "ui/theme/icons.h"
#include "ui/theme/typography.h"
#include "ui/widgets/card.h"
#include "ui/widgets/quantity.h"

namespace diptych::chat {
namespace {

constexpr int popup_width = 460;
constexpr int model_row_height = 52;

QLabel* make_label(const char* name, QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setObjectName(QLatin1String(name));
  label->setForegroundRole(QPalette::PlaceholderText);
  return label;
}

}  // namespace

QSize ModelDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
  return {300, model_row_height};
}

void ModelDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const auto model = index.data(ModelListModel::model_role).value<ModelInfo>();
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  const QRect rect = option.rect.adjusted(4, 1, -4, -1);
  if (option.state & (QStyle::State_Selected | QStyle::State_MouseOver)) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(option.state & QStyle::State_Selected ? style_.palette.selection : style_.palette.hover);
    painter->drawRoundedRect(rect, 6, 6);
  }
  if (option.state & QStyle::State_Selected && option.state & QStyle::State_HasFocus) {
    painter->setPen(QPen(style_.palette.accent, 2));
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6);
  }
  const QRect text = rect.adjusted(12, 6, -12, -6);
  QFont font = option.font;
  font.setPixelSize(13);
  painter->setFont(font);
  const bool loaded = model.state == ModelInfo::State::loaded;
  const QString state = loaded ? tr("loaded") : model.state == ModelInfo::State::loading ? tr("loading") : QString();
  const int state_width = state.isEmpty() ? 0 : QFontMetrics(font).horizontalAdvance(state) + 12;
  painter->setPen(style_.palette.text);
  painter->drawText(text, Qt::AlignTop | Qt::AlignLeft,
                    QFontMetrics(font).elidedText(model.name, Qt::ElideMiddle, text.width() - state_width));
  painter->setPen(style_.palette.accent);
  painter->drawText(text, Qt::AlignTop | Qt::AlignRight, state);
  font.setPixelSize(11);
  painter->setFont(font);
  QStringList details{ui::format_bytes(model.size_bytes)};
  if (!model.quantization.isEmpty()) details.prepend(model.quantization);
  details << memory_line(model);
  if (!speed_line(model).isEmpty()) details << speed_line(model);
  const bool problem = model.state == ModelInfo::State::failed || !model.fits().value_or(true);
  painter->setPen(problem ? style_.palette.danger : style_.palette.secondary);
  const QString line = model.state == ModelInfo::State::failed && !model.error.isEmpty()
                           ? model.error
                           : details.join(QStringLiteral(" · "));
  painter->drawText(text, Qt::AlignBottom | Qt::AlignLeft,
                    QFontMetrics(font).elidedText(line, Qt::ElideRight, text.width()));
  painter->restore();
}

ModelPicker::ModelPicker(ModelListModel* models, QWidget* parent)
    : QWidget(parent),
      models_(models),
      delegate_(new ModelDelegate(this)),
      button_(new QToolButton(this)),
      detail_(make_label("modelDetail", this)),
      progress_(new QProgressBar(this)),
      cancel_(new QToolButton(this)),
      popup_(new ui::Card(ui::Card::Ground::surface, this, Qt::Popup)),
      list_(new QListView(popup_)),
      empty_(make_label("emptyList", popup_)),
      loaded_row_(new QWidget(popup_)),
      keep_alive_(new QComboBox(loaded_row_)),
      unload_(new QPushButton(tr("Unload"), loaded_row_)) {
  button_->setObjectName(QStringLiteral("modelButton"));
  button_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  button_->setIcon(ui::icon("model"));
  button_->setIconSize({18, 18});
  button_->setAutoRaise(true);
  button_->setMinimumHeight(32);
  button_->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  detail_->setFont(ui::text_font(ui::TextSize::caption));
  progress_->setFixedWidth(160);
  progress_->setFixedHeight(6);
  progress_->setTextVisible(false);
  progress_->setRange(0, 1000);
  progress_->setAccessibleName(tr("Loading the model"));
  cancel_->setIcon(ui::icon("close"));
  cancel_->setAutoRaise(true);
  cancel_->setToolTip(tr("Cancel loading"));
  cancel_->setAccessibleName(tr("Cancel loading"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(button_);
  row->addWidget(detail_);
  row->addWidget(progress_);
  row->addWidget(cancel_);
  row->addStretch(1);
  build_popup();
  connect(button_, &QToolButton::clicked, this, &ModelPicker::open_popup);
  connect(cancel_, &QToolButton::clicked, this, [this] {
    if (const ModelInfo* model = models_->active()) emit cancel_requested(model->id);
  });
  connect(models, &QAbstractItemModel::modelReset, this, &ModelPicker::refresh);
  connect(models, &QAbstractItemModel::dataChanged, this, &ModelPicker::refresh);
  refresh();
}

void ModelPicker::build_popup() {
  popup_->setObjectName(QStringLiteral("modelPopup"));
  popup_->setAccessibleName(tr("Models"));
  popup_->setFixedWidth(popup_width);
  list_->setModel(models_);
  list_->setItemDelegate(delegate_);
  list_->setMouseTracking(true);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setAccessibleName(tr("Models"));
  list_->setObjectName(QStringLiteral("modelList"));
  empty_->setWordWrap(true);
  empty_->setMargin(16);
  empty_->setText(tr("No models yet. Open a GGUF file or a model folder, or drop one on the window."));
  auto* open_file = new QPushButton(tr("Open file…"), popup_);
  auto* open_folder = new QPushButton(tr("Open folder…"), popup_);
  open_file->setAutoDefault(false);
  open_folder->setAutoDefault(false);
  const QList<std::pair<int, QString>> times{{0, tr("Keep loaded")},
                                             {300, tr("Unload after 5 minutes")},
                                             {1800, tr("Unload after 30 minutes")},
                                             {7200, tr("Unload after 2 hours")}};
  for (const auto& [seconds, text] : times) keep_alive_->addItem(text, seconds);
  keep_alive_->setAccessibleName(tr("Keep-alive time of the loaded model"));
  keep_alive_->setToolTip(tr("When the model gives its memory back without being used"));
  auto* loaded = new QHBoxLayout(loaded_row_);
  loaded->setContentsMargins(12, 4, 12, 4);
  loaded->addWidget(keep_alive_, 1);
  loaded->addWidget(unload_);
  auto* bottom = new QHBoxLayout;
  bottom->setContentsMargins(12, 4, 12, 12);
  bottom->addWidget(open_file);
  bottom->addWidget(open_folder);
  bottom->addStretch(1);
  auto* layout = new QVBoxLayout(popup_);
  layout->setContentsMargins(4, 8, 4, 0);
  layout->addWidget(list_);
  layout->addWidget(empty_);
  layout->addWidget(loaded_row_);
  layout->addLayout(bottom);
  connect(list_, &QListView::activated, this, &ModelPicker::choose);
  connect(list_, &QListView::clicked, this, &ModelPicker::choose);
  connect(open_file, &QPushButton::clicked, this, &ModelPicker::open_file);
  connect(open_folder, &QPushButton::clicked, this, &ModelPicker::open_folder);
  connect(unload_, &QPushButton::clicked, this, [this] {
    if (const ModelInfo* model = models_->active()) emit unload_requested(model->id);
    popup_->hide();
  });
  connect(keep_alive_, &QComboBox::activated, this, [this](int index) {
    if (const ModelInfo* model = models_->active())
      emit keep_alive_changed(model->id, keep_alive_->itemData(index).toInt());
  });
}

void ModelPicker::set_style(const ChatStyle& style) {
  delegate_->set_style(style);
  list_->viewport()->update();
}

void ModelPicker::open_popup() {
  emit popup_opened();
  refresh();
  popup_->adjustSize();
  popup_->move(mapToGlobal(QPoint(0, height() + 4)));
  popup_->show();
  list_->setFocus();
  if (!list_->currentIndex().isValid() && models_->rowCount() > 0) list_->setCurrentIndex(models_->index(0));
}

void ModelPicker::choose(const QModelIndex& index) {
  const auto model = index.data(ModelListModel::model_role).value<ModelInfo>();
  if (model.id.isEmpty()) return;
  popup_->hide();
  if (model.state != ModelInfo::State::loading)
    emit load_requested(model.id);  // a loaded one becomes the one that answers
}

void ModelPicker::open_file() {
  popup_->hide();
  auto* dialog = new QFileDialog(this, tr("Open a model"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Models (*.gguf *.safetensors)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this, &ModelPicker::load_requested);
  dialog->open();
}

void ModelPicker::open_folder() {
  popup_->hide();
  auto* dialog = new QFileDialog(this, tr("Open a model folder"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  connect(dialog, &QFileDialog::fileSelected, this, &ModelPicker::load_requested);
  dialog->open();
}

void ModelPicker::refresh() {
  const ModelInfo* model = models_->active();
  const bool loading = model && model->state == ModelInfo::State::loading;
  const bool loaded = model && model->state == ModelInfo::State::loaded;
  button_->setText(model ? model->name : tr("Choose a model"));
  button_->setToolTip(model ? model->path : tr("Choose a model to load"));
  button_->setAccessibleName(model ? tr("Model: %1").arg(model->name) : tr("Choose a model"));
  progress_->setVisible(loading);
  cancel_->setVisible(loading);
  detail_->setVisible(loaded);
  loaded_row_->setVisible(loaded);
  if (loading) progress_->setValue(static_cast<int>(model->load_progress * 1000));
  if (loaded) {
    QStringList details{memory_line(*model)};
    if (model->context_tokens > 0) details << tr("%1 of context").arg(format_tokens(model->context_tokens));
    detail_->setText(details.join(QStringLiteral(" · ")));
    detail_->setToolTip(tr("● counter: memory that the engine holds for this model"));
    int index = keep_alive_->findData(model->keep_alive_s);
    if (index < 0) {  // set elsewhere, to a time that is not offered here
      keep_alive_->addItem(tr("Unload after %1").arg(ui::format_duration_s(model->keep_alive_s)), model->keep_alive_s);
      index = keep_alive_->count() - 1;
    }
    keep_alive_->setCurrentIndex(index);
  }
  list_->setVisible(models_->rowCount() > 0);
  empty_->setVisible(models_->rowCount() == 0);
  list_->setFixedHeight(std::min(8, std::max(1, models_->rowCount())) * model_row_height + 4);
}

}  // namespace diptych::chat
