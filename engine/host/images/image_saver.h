// The thread that encodes and writes finished pictures, so that the device goes on meanwhile. A picture that cannot be
// written (the disk is full) stays in memory and is tried again until it can.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/api/error.h"
#include "engine/host/images/gallery.h"

namespace diptych::host {

struct FinishedImage {
  Image8 picture;
  std::string format, parameters;
  api::ImageInfo info;
  std::function<void(FinishedImage&)> complete;  // once, before it is written: what may take a while to be known
  std::function<void(const api::ImageInfo&)> saved;
  std::function<void(const api::ErrorInfo&)> failed;  // once, at the first failure
};

class ImageSaver {
 public:
  explicit ImageSaver(Gallery& gallery);
  ~ImageSaver();  // finish()
  ImageSaver(const ImageSaver&) = delete;
  ImageSaver& operator=(const ImageSaver&) = delete;

  // Tries once more what is left, and ends the thread. What comes later is not written.
  void finish();

  void save(FinishedImage image);
  // Runs when everything that was given before is written.
  void then(std::function<void()> task);
  // Pictures wait for room: nobody should make more of them.
  bool stuck() const;

 private:
  struct Task {
    std::unique_ptr<FinishedImage> image;  // or
    std::function<void()> then;
  };
  void work();
  bool try_save(FinishedImage& image);

  Gallery& gallery_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stuck_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace diptych::host
