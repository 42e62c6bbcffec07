#include "engine/host/images/image_runs.h"

#include <utility>

#include "engine/core/error.h"
#include "engine/host/http/errors.h"
#include "engine/host/images/plot_grid.h"

namespace diptych::host {
namespace {

api::ImageSettings settings_of_run(const api::ImageSettings& settings, int run) {
  api::ImageSettings one = settings;
  one.count = 1;
  const int64_t behind = static_cast<int64_t>(run) * settings.batch;
  one.seed = settings.seed.value_or(0);
  if (one.variation) {
    one.variation->seed += behind;  // whose images have one seed
  } else {
    *one.seed += behind;
  }
  return one;
}

}  // namespace

LivePlot::LivePlot(const api::PlotRequest& request) {
  plot_.settings = request.settings;
  plot_.axes = request.axes;
  for (const std::vector<int>& at : plot_order(request)) plot_.cells.push_back({at, "", {}});
}

api::Plot LivePlot::get() const {
  const std::lock_guard lock(mutex_);
  return plot_;
}

void LivePlot::made(size_t cell, const std::string& image) {
  const std::lock_guard lock(mutex_);
  plot_.cells[cell].image = image;
}

void LivePlot::failed(size_t cell, const api::ErrorInfo& error) {
  const std::lock_guard lock(mutex_);
  plot_.cells[cell].error = error;
}

void LivePlot::finished(const std::string& grid) {
  const std::lock_guard lock(mutex_);
  plot_.grid = grid;
}

void make_images(ImageWorker& worker, const std::shared_ptr<Job>& job, const api::ImageSettings& settings) {
  ImageProgressClock clock(settings.count, settings.batch);
  for (int run = 0; run < settings.count; ++run) {
    worker.run({job, settings_of_run(settings, run), clock, run, [](size_t, const api::ImageInfo&) {}});
  }
}

void make_plot(ImageWorker& worker, const std::shared_ptr<Job>& job, const api::PlotRequest& request,
               const std::shared_ptr<LivePlot>& plot) {
  api::Plot told = plot->get();  // with the ids of what is still being written
  PlotGrid grid(request);
  ImageProgressClock clock(static_cast<int>(told.cells.size()), 1);
  for (size_t i = 0; i < told.cells.size(); ++i) {
    api::PlotCell& cell = told.cells[i];
    const auto saved = [plot, i](size_t, const api::ImageInfo& info) { plot->made(i, info.id); };
    try {
      const MadeImages made = worker.run({job, api::plot_cell(request, cell.at), clock, static_cast<int>(i), saved});
      grid.add(cell.at, made.pictures.front());
      cell.image = made.ids.front();
    } catch (...) {
      job->cancel.throw_if_cancelled();
      cell.error = describe(std::current_exception());
      plot->failed(i, *cell.error);
    }
  }
  if (grid.empty()) {
    throw Error(ErrorCategory::invalid_argument, "cannot make the plot", "its cells", "none of them could be made",
                "see the cells' errors");
  }
  api::ImageInfo info;
  info.prompt = told.settings.prompt;
  info.negative = told.settings.negative.value_or("");
  info.model = told.settings.model;
  info.settings = told.settings;
  info.seed = told.settings.seed.value_or(0);
  info.recipe = api::Json{{"plot", api::to_json(told)}};
  worker.save(job, grid.picture(), std::move(info), [plot](const api::ImageInfo& done) { plot->finished(done.id); });
}

}  // namespace diptych::host
