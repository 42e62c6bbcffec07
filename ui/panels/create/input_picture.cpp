#include "ui/panels/create/input_picture.h"

#include <QBuffer>

#include "ui/client/text.h"

namespace diptych::create {

QByteArray as_png(const QImage& picture) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  picture.save(&buffer, "PNG");
  return bytes;
}

InputPicture::InputPicture(CreateService* service, SettingsStore* store, QObject* parent)
    : QObject(parent), service_(service), store_(store) {
  connect(&mask_, &MaskLayer::changed, this, [this](const QRect& pixels) {
    if (!pixels.isEmpty()) mask_changed_ = true;
  });
  connect(store, &SettingsStore::changed, this, &InputPicture::fetch_if_foreign);
}

void InputPicture::set_file(const QByteArray& bytes) {
  const QImage picture = QImage::fromData(bytes);
  if (picture.isNull()) {
    emit failed({tr("The picture cannot be read"), tr("it is no PNG, JPEG or WebP file"), tr("Choose another one")});
    return;
  }
  service_->upload(
      bytes, [this, picture](const api::UploadInfo& upload) { take(picture, ui::qt(upload.id)); },
      [this](const Failure& failure) { emit failed(failure); });
}

void InputPicture::set_image(const QString& id, const QImage& picture) {
  if (!picture.isNull()) take(picture, id);
}

// A mask of another size has nothing to do with this picture.
void InputPicture::take(const QImage& picture, const QString& id) {
  picture_ = picture;
  id_ = id;
  mask_.reset(picture.size());
  store_->change([&](api::ImageSettings& settings) {
    if (!settings.init) settings.init.emplace();
    settings.init->image = ui::utf8(id);
    settings.init->mask.clear();
  });
  mask_changed_ = !mask_.empty();
  emit changed();
}

void InputPicture::clear() {
  picture_ = {};
  id_.clear();
  store_->change([](api::ImageSettings& settings) { settings.init.reset(); });
  emit changed();
}

// Restored settings name a picture that is not here yet.
void InputPicture::fetch_if_foreign() {
  const QString wanted = store_->settings().init ? ui::qt(store_->settings().init->image) : QString();
  if (wanted == id_) return;
  id_ = wanted;
  picture_ = {};
  emit changed();
  if (wanted.isEmpty()) return;
  service_->fetch_input(wanted, [this, wanted](const QByteArray& bytes) {
    if (wanted != id_) return;
    picture_ = QImage::fromData(bytes);
    mask_.reset(picture_.size());
    mask_changed_ = false;
    emit changed();
  });
}

void InputPicture::prepare(const std::function<void()>& ready) {
  if (!is_set() || !mask_changed_) return ready();
  if (mask_.empty()) {
    mask_changed_ = false;
    store_->change([](api::ImageSettings& settings) {
      if (!settings.init) return;
      settings.init->mask.clear();
      settings.init->full_resolution = false;
    });
    return ready();
  }
  service_->upload(
      as_png(mask_.image()),
      [this, ready](const api::UploadInfo& upload) {
        mask_changed_ = false;
        store_->change([&](api::ImageSettings& settings) {
          if (settings.init) settings.init->mask = upload.id;
        });
        ready();
      },
      [this](const Failure& failure) { emit failed(failure); });
}

}  // namespace diptych::create
