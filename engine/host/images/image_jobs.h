// Jobs that make pictures: their queue, which outlives the host. What one does is image_runs.h.
//
// One runs at a time, the others wait in an order that can be changed. What waits is in the database with its place;
// when the host ends, in order or not, it goes on waiting and is run by the next one. What ran is interrupted, and its
// finished pictures stay.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/host/images/image_runs.h"

namespace diptych::host {

struct ImageJobsServices {
  ComputeQueue& queue;
  JobBoard& jobs;
  WriteQueue& writer;
  ImagePlanner& planner;
  ImageWorker& worker;
  ImageSaver& saver;
  std::function<void()> queue_changed;
};

class ImageJobs {
 public:
  explicit ImageJobs(ImageJobsServices services) : services_(std::move(services)) {}

  // Error: as ImagePlanner; out_of_memory where it does not fit.
  api::ImageStarted start(api::ImageSettings settings);
  api::ImageStarted start(api::PlotRequest request);
  // Those that waited when the last host ended.
  void resume(std::vector<api::JobInfo> waiting);

  api::ImageQueue queue();
  void reorder(const std::vector<std::string>& jobs);           // these first, in this order
  void cancel(const std::string& job);                          // of a waiting one: it ends at once
  std::optional<api::Plot> plot(const std::string& job) const;  // of one that is not over
  bool names(const std::string& upload) const;                  // some job's settings do

  // No further job begins, the running one is cut.
  void stop();

 private:
  struct Item {
    std::shared_ptr<Job> job;
    api::PlotRequest request;        // without axes: of an image job
    std::optional<double> seconds;   // expected
    std::shared_ptr<LivePlot> plot;  // null: of an image job
  };
  std::string add(Item item, const std::string& title, const std::string& model, int images);
  void next();
  void run(const std::shared_ptr<Item>& item);
  void save_order();
  // At this moment: asked for while the order is written, not before, as writes of two threads may change places.
  std::vector<std::string> waiting_ids() const;
  static std::shared_ptr<Item> item_of(const api::JobInfo& info);

  ImageJobsServices services_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Item>> waiting_;
  std::shared_ptr<Item> running_;
  std::deque<std::shared_ptr<Item>> ending_;  // whose pictures are still being written
  bool stopping_ = false;
};

}  // namespace diptych::host
