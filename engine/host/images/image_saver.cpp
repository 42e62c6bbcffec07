#include "engine/host/images/image_saver.h"

#include <utility>

#include "engine/core/log.h"
#include "engine/host/http/errors.h"
#include "engine/host/machine/thread_name.h"

namespace diptych::host {
namespace {

constexpr auto save_again_after = std::chrono::milliseconds(500);

}  // namespace

ImageSaver::ImageSaver(Gallery& gallery) : gallery_(gallery), thread_([this] { work(); }) {}

ImageSaver::~ImageSaver() {
  finish();
}

void ImageSaver::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ImageSaver::save(FinishedImage image) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({std::make_unique<FinishedImage>(std::move(image)), {}});
  }
  changed_.notify_all();
}

void ImageSaver::then(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({nullptr, std::move(task)});
  }
  changed_.notify_all();
}

bool ImageSaver::stuck() const {
  const std::lock_guard lock(mutex_);
  return stuck_;
}

bool ImageSaver::try_save(FinishedImage& image) {
  try {
    if (const auto complete = std::exchange(image.complete, {})) complete(image);
    gallery_.save(image.picture, image.format, image.parameters, image.info);
  } catch (...) {
    const api::ErrorInfo error = describe(std::current_exception());
    if (const auto failed = std::exchange(image.failed, {})) {
      log_warning("a picture waits in memory: " + error.message);
      failed(error);
    }
    return false;
  }
  image.saved(image.info);
  return true;
}

void ImageSaver::work() {
  name_this_thread("pictures");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    const bool done = task.image == nullptr || try_save(*task.image);
    if (task.then) task.then();
    lock.lock();
    stuck_ = !done;
    if (done) continue;
    if (stopping_) {
      log_warning("a picture of seed " + std::to_string(task.image->info.seed) + " is lost: it could not be written");
      continue;
    }
    tasks_.push_front(std::move(task));
    changed_.wait_for(lock, save_again_after, [&] { return stopping_; });
  }
}

}  // namespace diptych::host
