#include "ui/panels/finetune/data_sources.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QUrl>

#include "ui/panels/finetune/draft_session.h"
#include "ui/panels/finetune/page_frame.h"
#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"

namespace diptych::finetune {
QStringList dragged_paths(const QMimeData* data) {
  QStringList paths;
  for (const QUrl& url : data->urls())
    if (url.isLocalFile()) paths << QFileInfo(url.toLocalFile()).absoluteFilePath();
  return paths;
}

QString dragged_recipe(const QMimeData* data) {
  for (const QString& path : dragged_paths(data))
    if (path.endsWith(QLatin1String(".toml"), Qt::CaseInsensitive)) return path;
  return {};
}

DataSources::DataSources(DraftSession* draft, QWidget* parent)
    : QFrame(parent),
      draft_(draft),
      invitation_(new QLabel(this)),
      shapes_(make_quiet({}, this)),
      rows_(new QVBoxLayout),
      files_(new QPushButton(tr("Add files…"), this)),
      folder_(new QPushButton(tr("Add a folder…"), this)) {
  setObjectName(QStringLiteral("dataSources"));
  setAccessibleName(tr("Data to learn from"));
  invitation_->setFont(ui::text_font(ui::TextSize::reading, QFont::DemiBold));
  files_->setObjectName(QStringLiteral("addFiles"));
  folder_->setObjectName(QStringLiteral("addFolder"));
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(ui::grid);
  buttons->addWidget(shapes_, 1);
  for (QPushButton* button : {files_, folder_}) {
    button->setAutoDefault(false);
    buttons->addWidget(button, 0, Qt::AlignTop);
  }
  rows_->setSpacing(0);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(2 * ui::grid, 12, 2 * ui::grid, 12);
  column->setSpacing(ui::grid);
  column->addWidget(invitation_);
  column->addLayout(rows_);
  column->addLayout(buttons);
  connect(files_, &QPushButton::clicked, this, &DataSources::choose_files);
  connect(folder_, &QPushButton::clicked, this, &DataSources::choose_folder);
  connect(draft, &DraftSession::draft_changed, this, &DataSources::refresh);
  connect(draft, &DraftSession::opened, this, &DataSources::refresh);
  refresh();
}

void DataSources::refresh() {
  const bool images = draft_->draft().kind == api::TrainingKind::image;
  const QStringList paths = draft_->draft().data();
  invitation_->setText(images ? tr("Drop pictures or a folder of pictures here") : tr("Drop files here"));
  invitation_->setVisible(paths.isEmpty());
  shapes_->setText(
      images ? tr("PNG, JPEG and WebP. A caption is a text file of the same name beside its picture, a line of "
                  "metadata.jsonl, or a kohya folder’s name (30_name). Captions can be written here, too.")
             : tr("Conversations as JSON lines (messages, or ShareGPT’s conversations), prompt and completion as JSON "
                  "lines or CSV, preferences (chosen and rejected), or plain text."));
  folder_->setVisible(images);
  if (paths == shown_) return;
  shown_ = paths;
  while (QLayoutItem* item = rows_->takeAt(0)) {
    item->widget()->deleteLater();
    delete item;
  }
  for (const QString& path : paths) rows_->addWidget(make_row(path));
}

QWidget* DataSources::make_row(const QString& path) {
  auto* row = new QWidget(this);
  const bool folder = QFileInfo(path).isDir();
  auto* picture = new QLabel(row);
  picture->setPixmap(ui::icon(folder ? QStringLiteral("folder") : QStringLiteral("file")).pixmap(18, 18));
  auto* name = new ui::ElidedLabel(QFileInfo(path).fileName(), row);
  auto* where = new ui::ElidedLabel(QFileInfo(path).path(), row);
  where->setForegroundRole(QPalette::PlaceholderText);
  auto* remove = new QToolButton(row);
  remove->setIcon(ui::icon(QStringLiteral("close")));
  remove->setAutoRaise(true);
  remove->setFixedSize(28, 28);
  remove->setToolTip(tr("Take %1 out; the file stays").arg(QFileInfo(path).fileName()));
  remove->setAccessibleName(tr("Take out %1").arg(QFileInfo(path).fileName()));
  auto* line = new QHBoxLayout(row);
  line->setContentsMargins(0, 0, 0, 0);
  line->setSpacing(ui::grid);
  line->addWidget(picture);
  line->addWidget(name);
  line->addWidget(where, 1);
  line->addWidget(remove);
  connect(remove, &QToolButton::clicked, this, [this, path] {
    QStringList rest = draft_->draft().data();
    rest.removeAll(path);
    draft_->set_data(rest);
  });
  return row;
}

void DataSources::add(const QStringList& paths) {
  QStringList all = draft_->draft().data();
  for (const QString& path : paths)
    if (!all.contains(path)) all << path;
  draft_->set_data(all);
}

QString DataSources::choose_filter() const {
  return draft_->draft().kind == api::TrainingKind::image ? tr("Pictures (*.png *.jpg *.jpeg *.webp);;All files (*)")
                                                          : tr("Data (*.jsonl *.json *.csv *.txt *.md);;All files (*)");
}

void DataSources::choose_files() {
  auto* dialog = new QFileDialog(this, tr("Data to learn from"), {}, choose_filter());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFiles);
  connect(dialog, &QFileDialog::filesSelected, this, &DataSources::add);
  dialog->open();
}

void DataSources::choose_folder() {
  auto* dialog = new QFileDialog(this, tr("Pictures to learn from"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { add({path}); });
  dialog->open();
}

void DataSources::highlight(bool on) {
  dragged_over_ = on;
  update();
}

void DataSources::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  ui::paint_box(painter, rect(), ui::radius, dragged_over_ ? palette.selection : palette.surface,
                shown_.isEmpty() ? QColor() : palette.border);
  if (!shown_.isEmpty() && !dragged_over_) return;
  painter.setPen(QPen(dragged_over_ ? palette.accent : palette.control, dragged_over_ ? 2 : 1, Qt::DashLine));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), ui::radius, ui::radius);
}

}  // namespace diptych::finetune
