#include "ui/panels/create/dropped_picture.h"

#include <QFile>
#include <QFileInfo>
#include <QImage>
#include <QMimeData>
#include <QUrl>

#include "ui/panels/create/input_picture.h"

namespace diptych::create {
namespace {

constexpr qint64 largest_file = 256 * 1024 * 1024;

QString picture_file(const QMimeData* data) {
  for (const QUrl& url : data->urls()) {
    const QFileInfo info(url.toLocalFile());
    if (info.isFile() && QStringList{"png", "jpg", "jpeg", "webp"}.contains(info.suffix().toLower()))
      return info.absoluteFilePath();
  }
  return {};
}

}  // namespace

bool has_picture(const QMimeData* data) {
  return !picture_file(data).isEmpty() || data->hasFormat(QStringLiteral("image/png")) || data->hasImage();
}

QByteArray take_picture(const QMimeData* data) {
  if (QFile file(picture_file(data)); !file.fileName().isEmpty() && file.size() <= largest_file)
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  if (data->hasFormat(QStringLiteral("image/png"))) return data->data(QStringLiteral("image/png"));
  const auto picture = data->imageData().value<QImage>();
  return picture.isNull() ? QByteArray() : as_png(picture);
}

}  // namespace diptych::create
