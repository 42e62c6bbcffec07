// The course of one job that makes pictures: its runs one after the other, or the cells of its plot.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "engine/api/image.h"
#include "engine/host/images/image_worker.h"

namespace diptych::host {

// A plot while its cells are being made. Any thread.
class LivePlot {
 public:
  explicit LivePlot(const api::PlotRequest& request);  // FieldError: a value that its field cannot take

  api::Plot get() const;
  void made(size_t cell, const std::string& image);
  void failed(size_t cell, const api::ErrorInfo& error);
  void finished(const std::string& grid);

 private:
  mutable std::mutex mutex_;
  api::Plot plot_;
};

// On the device's thread; pictures are written meanwhile. Error: whatever stops the job.
void make_images(ImageWorker& worker, const std::shared_ptr<Job>& job, const api::ImageSettings& settings);
// A value that the model does not take leaves its own cell empty. Error: no cell could be made; cancelled.
void make_plot(ImageWorker& worker, const std::shared_ptr<Job>& job, const api::PlotRequest& request,
               const std::shared_ptr<LivePlot>& plot);

}  // namespace diptych::host
