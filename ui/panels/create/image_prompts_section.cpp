#include "ui/panels/create/image_prompts_section.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QGridLayout>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/dropped_picture.h"
#include "ui/panels/create/picture_rows.h"
#include "ui/panels/create/settings_form.h"
#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"

namespace diptych::create {
namespace {

constexpr double most_resemblance = 2;

}  // namespace

ImagePromptsSection::ImagePromptsSection(CreateController* controller, QWidget* parent)
    : QWidget(parent), controller_(controller), hint_(new QLabel(this)), rows_(new QVBoxLayout) {
  setObjectName(QStringLiteral("imagePrompts"));
  setAcceptDrops(true);
  auto* title = new QLabel(tr("Resemble a picture"), this);
  title->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  QToolButton* plus = small_button(QStringLiteral("plus"), tr("Add a picture to resemble"), this);
  plus->setObjectName(QStringLiteral("addImagePrompt"));
  hint_->setFont(ui::text_font(ui::TextSize::caption));
  hint_->setForegroundRole(QPalette::PlaceholderText);
  hint_->setWordWrap(true);
  hint_->setText(tr("Drop a picture here: the result takes its subject and style from it"));
  auto* line = new QHBoxLayout;
  line->addWidget(title);
  line->addStretch(1);
  line->addWidget(plus);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addLayout(line);
  column->addWidget(hint_);
  column->addLayout(rows_);
  connect(plus, &QToolButton::clicked, this, [this, plus] {
    QMenu* menu = adapter_menu(QStringLiteral("%1…"), [this](const QString& adapter) {
      choose_picture(this, tr("The picture to resemble"),
                     [this, adapter](const QByteArray& picture) { add(adapter, picture); });
    });
    menu->popup(plus->mapToGlobal(QPoint(0, plus->height())));
  });
  connect(controller->store(), &SettingsStore::changed, this, &ImagePromptsSection::show_prompts);
  connect(controller, &CreateController::files_changed, this, &ImagePromptsSection::list_files);
  connect(controller->service(), &CreateService::ready_changed, this, [this](bool ready) {
    if (ready) list_files();  // the pictures can be fetched now
  });
  list_files();
}

QMenu* ImagePromptsSection::adapter_menu(const QString& label, const std::function<void(const QString&)>& chosen) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const QStringList names = controller_->file_names(api::ImageFileKind::image_prompt);
  for (const QString& name : names)
    connect(menu->addAction(label.arg(name)), &QAction::triggered, this, [chosen, name] { chosen(name); });
  if (names.isEmpty())
    menu->addAction(tr("Put IP-Adapters into a folder “ipadapter” beside the models"))->setEnabled(false);
  return menu;
}

void ImagePromptsSection::add(const QString& adapter, const QByteArray& picture) {
  controller_->service()->upload(
      picture,
      [this, adapter](const api::UploadInfo& upload) {
        controller_->store()->change([&](api::ImageSettings& settings) {
          api::ImagePrompt prompt;
          prompt.adapter = ui::utf8(adapter);
          prompt.image = upload.id;
          settings.image_prompts.push_back(prompt);
        });
      },
      [this](const Failure& failure) { controller_->tell(failure); });
}

void ImagePromptsSection::list_files() {
  shown_.clear();
  clear_rows(rows_);
  show_prompts();
}

// The rows stay while only strengths change: one of their fields may be in use.
void ImagePromptsSection::show_prompts() {
  const auto& prompts = controller_->store()->settings().image_prompts;
  QStringList wanted;
  for (const api::ImagePrompt& prompt : prompts)
    wanted << ui::qt(prompt.adapter + "\n" + prompt.image + "\n" + prompt.encoder);
  if (wanted != shown_) {
    shown_ = wanted;
    clear_rows(rows_);
    for (size_t i = 0; i < prompts.size(); ++i) rows_->addWidget(make_row(i));
  }
  for (size_t i = 0; i < prompts.size(); ++i) {
    auto* scale = rows_->itemAt(static_cast<int>(i))->widget()->findChild<QDoubleSpinBox*>();
    const QSignalBlocker quiet(scale);
    scale->setValue(prompts[i].scale);
  }
  hint_->setVisible(prompts.empty() && !controller_->file_names(api::ImageFileKind::image_prompt).isEmpty());
}

QComboBox* ImagePromptsSection::make_encoder(size_t index, const QString& current, QWidget* row) {
  auto* box = new QComboBox(row);
  box->setObjectName(QStringLiteral("imageEncoder"));
  box->setAccessibleName(tr("What reads the picture"));
  box->setToolTip(tr("What reads the picture: CLIP's image encoder that the adapter was made for"));
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(8);
  const QStringList names = controller_->file_names(api::ImageFileKind::image_encoder);
  QList<Choice> choices{{QString(), tr("The model's own encoder")}};
  for (const QString& name : names) choices << Choice{name, name};
  SettingsForm::set_choices(box, choices, current);
  box->setVisible(names.size() > 1 || !current.isEmpty());
  connect(box, &QComboBox::activated, this, [this, box, index](int at) {
    controller_->store()->change([&](api::ImageSettings& settings) {
      if (index < settings.image_prompts.size())
        settings.image_prompts[index].encoder = ui::utf8(box->itemData(at).toString());
    });
  });
  return box;
}

QWidget* ImagePromptsSection::make_row(size_t index) {
  const api::ImagePrompt prompt = controller_->store()->settings().image_prompts[index];
  const QString name = ui::qt(prompt.adapter);
  auto* row = new QWidget(this);
  auto* grid = new QGridLayout(row);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(4);
  auto* title = new QHBoxLayout;
  QLabel* picture = row_picture(controller_->service(), ui::qt(prompt.image), tr("The picture to resemble"),
                                tr("The picture is no longer there (%1). Remove it and add it again"), row);
  picture->setObjectName(QStringLiteral("imagePromptPicture"));
  title->addWidget(picture);
  title->addWidget(new ui::ElidedLabel(name, row), 1);
  grid->addLayout(title, 0, 0, 1, 2);
  QToolButton* remove = small_button(QStringLiteral("close"), tr("Remove %1").arg(name), row);
  grid->addWidget(remove, 0, 2, Qt::AlignRight);
  QDoubleSpinBox* scale = add_row_field(grid, 0, name, tr("Strength"), tr("How much the result resembles it"),
                                        prompt.scale, most_resemblance);
  connect(scale, &QDoubleSpinBox::valueChanged, this, [this, index](double now) {
    controller_->store()->change([&](api::ImageSettings& settings) {
      if (index < settings.image_prompts.size()) settings.image_prompts[index].scale = now;
    });
  });
  grid->addWidget(make_encoder(index, ui::qt(prompt.encoder), row), 2, 1, 1, 2);
  for (const int column : {0, 1, 2}) grid->setColumnStretch(column, 1);
  connect(remove, &QToolButton::clicked, this, [this, index] {
    controller_->store()->change([&](api::ImageSettings& settings) {
      if (index < settings.image_prompts.size())
        settings.image_prompts.erase(settings.image_prompts.begin() + static_cast<std::ptrdiff_t>(index));
    });
  });
  return row;
}

void ImagePromptsSection::dragEnterEvent(QDragEnterEvent* event) {
  if (!has_picture(event->mimeData())) return;
  event->acceptProposedAction();
  set_dragged_over(true);
}

void ImagePromptsSection::dragLeaveEvent(QDragLeaveEvent*) {
  set_dragged_over(false);
}

void ImagePromptsSection::dropEvent(QDropEvent* event) {
  set_dragged_over(false);
  const QByteArray picture = take_picture(event->mimeData());
  if (picture.isEmpty()) return;
  event->setDropAction(Qt::CopyAction);
  event->accept();
  const QStringList names = controller_->file_names(api::ImageFileKind::image_prompt);
  if (names.isEmpty()) {
    controller_->tell({tr("Cannot resemble a picture"), tr("there is no IP-Adapter"),
                       tr("put one into a folder “ipadapter” beside the models")});
  } else if (names.size() == 1) {
    add(names.first(), picture);
  } else {
    adapter_menu(QStringLiteral("%1"), [this, picture](const QString& adapter) {
      add(adapter, picture);
    })->popup(mapToGlobal(event->position().toPoint()));
  }
}

void ImagePromptsSection::set_dragged_over(bool over) {
  dragged_over_ = over;
  update();
}

void ImagePromptsSection::paintEvent(QPaintEvent*) {
  if (!dragged_over_) return;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  ui::paint_box(painter, rect(), ui::radius, palette.selection, palette.accent, 1);
}

}  // namespace diptych::create
