#include "ui/panels/create/input_picture.h"

#include <QBuffer>
#include <chrono>

#include "ui/client/text.h"

namespace diptych::create {
namespace {

constexpr auto surely_kept = std::chrono::hours(24);  // the host forgets what nobody used for a week

}  // namespace

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
  connect(store, &SettingsStore::changed, this, &InputPicture::follow_settings);
  // Another host may have other files; and what could not be fetched before can be now.
  connect(service, &CreateService::ready_changed, this, [this](bool ready) {
    kept_ = {};
    if (ready && !is_set() && !id_.isEmpty()) fetch_picture(id_);
  });
}

void InputPicture::set_file(const QByteArray& bytes) {
  const QImage picture = QImage::fromData(bytes);
  if (picture.isNull()) {
    emit failed({tr("The picture cannot be read"), tr("it is no PNG, JPEG or WebP file"), tr("Choose another one")});
    return;
  }
  service_->upload(
      bytes, [this, picture, bytes](const api::UploadInfo& upload) { take(picture, ui::qt(upload.id), bytes); },
      [this](const Failure& failure) { emit failed(failure); });
}

void InputPicture::set_image(const QString& id, const QImage& picture) {
  if (!picture.isNull()) take(picture, id, {});
}

// What was sent for the picture or mask from before is of no use when it is answered.
void InputPicture::exchange() {
  ++exchanged_;
  masks_answered_ = masks_sent_;
}

// A mask of another size has nothing to do with this picture.
void InputPicture::take(const QImage& picture, const QString& id, const QByteArray& bytes) {
  exchange();
  picture_ = picture;
  id_ = id;
  bytes_ = bytes;
  kept_.setRemainingTime(surely_kept);
  mask_id_.clear();
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
  exchange();
  picture_ = {};
  bytes_.clear();
  id_.clear();
  mask_id_.clear();
  store_->change([](api::ImageSettings& settings) {
    settings.init.reset();
    if (settings.upscale) settings.width = settings.height = 0;  // the enlarged picture's
    settings.upscale.reset();
  });
  emit changed();
}

// A mask that is still on its way counts as changed: its answer will be ignored.
InputPicture::State InputPicture::state() const {
  return {picture_, bytes_, id_, mask_id_, mask_.image(), mask_changed_ || masks_answered_ < masks_sent_};
}

void InputPicture::set_state(const State& state, const api::ImageSettings& settings) {
  exchange();
  picture_ = state.picture;
  bytes_ = state.bytes;
  kept_ = {};  // the host may be another by now
  id_ = state.id;
  mask_id_ = state.mask_id;
  if (mask_.image() != state.mask) {
    mask_.reset({0, 0});  // its past is another picture's
    mask_.reset(state.mask.size());
    mask_.load(state.mask);
  }
  mask_changed_ = state.mask_changed;
  store_->set(settings);
  emit changed();
  // What had not come yet when the state was taken.
  if (!is_set()) {
    if (!id_.isEmpty() && service_->ready()) fetch_picture(id_);
  } else if (!mask_id_.isEmpty() && !mask_changed_ && mask_.empty()) {
    fetch_mask(mask_id_);
  }
}

// Restored settings name a picture and a mask that are not here yet.
void InputPicture::follow_settings() {
  const auto& init = store_->settings().init;
  const QString wanted = init ? ui::qt(init->image) : QString(), mask = init ? ui::qt(init->mask) : QString();
  if (wanted == id_) {
    if (is_set() && mask != mask_id_) fetch_mask(mask);
    return;
  }
  exchange();
  id_ = wanted;
  mask_id_.clear();
  picture_ = {};
  bytes_.clear();
  emit changed();
  if (!wanted.isEmpty() && service_->ready()) fetch_picture(wanted);
}

void InputPicture::fetch_picture(const QString& id) {
  const auto lost = [this, id](const Failure& failure) {
    if (id != id_) return;
    clear();
    emit failed({tr("The picture to start from is no longer there"), failure.why, tr("Open it again")});
  };
  service_->fetch_input(
      id,
      [this, id, lost](const QByteArray& bytes) {
        if (id != id_) return;
        picture_ = QImage::fromData(bytes);
        if (picture_.isNull()) return lost({{}, tr("it cannot be read"), {}});
        bytes_ = bytes;
        kept_.setRemainingTime(surely_kept);
        mask_.reset({0, 0});  // one that is left from before belongs to another picture
        mask_.reset(picture_.size());
        mask_changed_ = false;
        emit changed();
        follow_settings();
      },
      lost);
}

void InputPicture::fetch_mask(const QString& id) {
  exchange();
  mask_id_ = id;
  if (id.isEmpty()) {
    mask_.clear();
    mask_changed_ = false;
    return;
  }
  service_->fetch_input(
      id,
      [this, id](const QByteArray& bytes) {
        if (id != mask_id_) return;
        mask_.load(QImage::fromData(bytes));
        mask_changed_ = false;
      },
      [this, id](const Failure& failure) {
        if (id != mask_id_) return;
        mask_changed_ = false;
        set_mask_id({});
        emit failed({tr("The mask is no longer there"), failure.why, tr("Paint it again")});
      });
}

void InputPicture::set_mask_id(const QString& id) {
  mask_id_ = id;
  store_->change([&](api::ImageSettings& settings) {
    if (!settings.init) return;
    settings.init->mask = ui::utf8(id);
    if (id.isEmpty()) settings.init->full_resolution = false;
  });
}

void InputPicture::prepare(const std::function<void()>& ready) {
  if (!is_set()) return ready();
  send_picture([this, ready] { send_mask(ready); });
}

void InputPicture::send_picture(const std::function<void()>& then) {
  if (bytes_.isEmpty() || !kept_.hasExpired()) return then();
  service_->upload(
      bytes_,
      [this, then, of = exchanged_](const api::UploadInfo& upload) {
        if (of != exchanged_) return;
        id_ = ui::qt(upload.id);
        kept_.setRemainingTime(surely_kept);
        if (!mask_.empty()) mask_changed_ = true;  // it is as old
        store_->change([&](api::ImageSettings& settings) {
          if (settings.init) settings.init->image = upload.id;
        });
        then();
      },
      [this](const Failure& failure) { emit failed(failure); });
}

// The mask may be painted further while it is on its way: that is sent the next time.
void InputPicture::send_mask(const std::function<void()>& then) {
  if (!mask_changed_ && masks_answered_ == masks_sent_) return then();
  mask_changed_ = false;
  if (mask_.empty()) {
    masks_answered_ = masks_sent_;
    set_mask_id({});
    return then();
  }
  service_->upload(
      as_png(mask_.image()),
      [this, then, of = exchanged_, number = ++masks_sent_](const api::UploadInfo& upload) {
        if (of != exchanged_) return;
        if (number > masks_answered_) {  // not overtaken by a newer one
          masks_answered_ = number;
          set_mask_id(ui::qt(upload.id));
        }
        then();
      },
      [this, of = exchanged_](const Failure& failure) {
        if (of == exchanged_) mask_changed_ = true;
        emit failed(failure);
      });
}

}  // namespace diptych::create
