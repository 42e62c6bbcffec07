#include "ui/panels/create/picture_files.h"

#include <QClipboard>
#include <QDateTime>
#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMimeData>
#include <QRegularExpression>
#include <QSaveFile>
#include <QUrl>

#include "ui/client/text.h"
#include "ui/panels/create/dropped_picture.h"

namespace diptych::create {
namespace {

constexpr int longest_slug = 40;

}  // namespace

QString proposed_name(const api::ImageInfo& image) {
  static const QRegularExpression other(QStringLiteral("[^\\p{L}\\p{N}]+"));
  QString slug = ui::qt(image.prompt).toLower().replace(other, QStringLiteral("-")).left(longest_slug);
  while (slug.endsWith('-')) slug.chop(1);
  while (slug.startsWith('-')) slug.remove(0, 1);
  const QString day = QDateTime::fromMSecsSinceEpoch(image.created_ms).toString(QStringLiteral("yyyyMMdd"));
  QString suffix = QFileInfo(ui::qt(image.path)).suffix();
  if (suffix.isEmpty()) suffix = QStringLiteral("png");
  QStringList parts{day, slug, QString::number(image.seed)};
  parts.removeAll(QString());
  return QStringLiteral("%1.%2").arg(parts.join('-'), suffix);
}

PictureFiles::PictureFiles(CreateController* controller, QWidget* window, QObject* parent)
    : QObject(parent), controller_(controller), window_(window) {}

void PictureFiles::copy(const QString& id) {
  controller_->with_picture(id, [this](const QImage& picture) {
    QGuiApplication::clipboard()->setImage(picture);
    note(tr("Picture copied"));
  });
}

void PictureFiles::save_as(const QString& id) {
  const api::ImageInfo* image = controller_->image(id);
  if (!image) return;
  auto* dialog = new QFileDialog(window_, tr("Save the picture"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  const QString name = proposed_name(*image);
  const QString suffix = QFileInfo(name).suffix();
  dialog->setNameFilter(tr("Pictures (*.%1)").arg(suffix));
  dialog->setDefaultSuffix(suffix);
  dialog->selectFile(name);
  connect(dialog, &QFileDialog::fileSelected, this, [this, id](const QString& path) { save(id, path); });
  dialog->open();
}

void PictureFiles::save(const QString& id, const QString& path) {
  controller_->service()->fetch_file(id, [this, id, path](const QByteArray& bytes) {
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit())
      return note(tr("Saved as %1").arg(path));
    emit noticed({ui::Notice::Level::error,
                  tr("Cannot save the picture to %1: %2. Choose another folder").arg(path, file.errorString()),
                  tr("Save again"), [this, id] { save_as(id); }});
  });
}

void PictureFiles::reveal(const QString& id) {
  if (const api::ImageInfo* image = controller_->image(id))
    QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(ui::qt(image->path)).absolutePath()));
}

void PictureFiles::paste() {
  const QMimeData* data = QGuiApplication::clipboard()->mimeData();
  if (!data || !has_picture(data)) return note(tr("There is no picture in the clipboard"));
  controller_->input()->set_file(take_picture(data));
}

void PictureFiles::open_input() {
  auto* dialog = new QFileDialog(window_, tr("Start from a picture"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Pictures (*.png *.jpg *.jpeg *.webp)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    QFile file(path);
    if (file.open(QIODevice::ReadOnly)) return controller_->input()->set_file(file.readAll());
    emit noticed({ui::Notice::Level::error, tr("Cannot open %1: %2").arg(path, file.errorString()), tr("Open another"),
                  [this] { open_input(); }});
  });
  dialog->open();
}

}  // namespace diptych::create
