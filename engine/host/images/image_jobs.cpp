#include "engine/host/images/image_jobs.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

std::string title_of(const char* what, const std::string& prompt) {
  constexpr size_t longest = 80;
  if (prompt.size() <= longest) return std::string(what) + (prompt.empty() ? "" : ": " + prompt);
  size_t cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(prompt[cut]) & 0xC0) == 0x80) --cut;  // not inside a character
  return std::string(what) + ": " + prompt.substr(0, cut) + "…";
}

}  // namespace

std::string ImageJobs::add(Item item, const std::string& title, const std::string& model, int images) {
  api::Json subject{{"model", model}, {"settings", api::to_json(item.request.settings)}, {"images", images}};
  const bool plot = !item.request.axes.empty();
  if (plot) {
    subject["axes"] = api::FieldWriter::write(item.request.axes);
    item.plot = std::make_shared<LivePlot>(item.request);
  }
  item.job = services_.jobs.create(plot ? api::JobKind::plot : api::JobKind::image, title, std::move(subject));
  const auto kept = std::make_shared<Item>(std::move(item));
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      services_.jobs.forget(kept->job->id());
      throw Error(ErrorCategory::unavailable, "cannot make images", model, "the host is stopping",
                  "ask again in a moment");
    }
    waiting_.push_back(kept);
  }
  const api::JobInfo info = kept->job->info();
  try {
    services_.writer.run([&](Database& database) {
      store::write_job(database, info);
      store::write_image_queue(database, waiting_ids());
    });
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      std::erase(waiting_, kept);
    }
    services_.jobs.forget(info.id);
    throw;
  }
  services_.jobs.notify(info);
  services_.queue_changed();
  next();
  return info.id;
}

api::ImageStarted ImageJobs::start(api::ImageSettings settings) {
  api::check(settings);
  const ImagePlan plan = services_.planner.plan(settings);
  services_.planner.refuse_if_too_large(plan, settings);
  if (!settings.seed) settings.seed = fresh_seed();
  settings.model = plan.target.id;
  api::ImageStarted started;
  started.seed = *settings.seed;
  Item item;
  item.request.settings = settings;
  if (plan.run_seconds.value) item.seconds = *plan.run_seconds.value * settings.count;
  started.job = add(std::move(item), title_of(settings.upscale ? "Upscale" : "Image", settings.prompt), plan.target.id,
                    settings.batch * settings.count);
  return started;
}

api::ImageStarted ImageJobs::start(api::PlotRequest request) {
  api::check(request);
  if (!request.settings.seed) request.settings.seed = fresh_seed();
  request.settings.batch = request.settings.count = 1;
  const std::string model = services_.planner.target(request.settings).id;
  request.settings.model = model;
  const api::PlotEstimate estimate = services_.planner.estimate(request);
  if (!estimate.fits) {
    for (const std::vector<int>& at : plot_order(request)) {  // the first that does not says so
      const api::ImageSettings cell = api::plot_cell(request, at);
      services_.planner.refuse_if_too_large(services_.planner.plan(cell), cell);
    }
  }
  api::ImageStarted started;
  started.seed = *request.settings.seed;
  Item item;
  item.request = std::move(request);
  item.seconds = estimate.seconds.value;
  const std::string title = title_of("Plot", item.request.settings.prompt);
  started.job = add(std::move(item), title, model, estimate.cells);
  return started;
}

std::shared_ptr<ImageJobs::Item> ImageJobs::item_of(const api::JobInfo& info) {
  auto item = std::make_shared<Item>();
  item->request = api::from_json<api::PlotRequest>(info.subject);
  if (!item->request.axes.empty()) item->plot = std::make_shared<LivePlot>(item->request);
  return item;
}

void ImageJobs::resume(std::vector<api::JobInfo> waiting) {
  {
    const std::lock_guard lock(mutex_);
    for (api::JobInfo& info : waiting) {
      try {
        const auto item = item_of(info);
        item->job = services_.jobs.restore(std::move(info));
        waiting_.push_back(item);
      } catch (const api::FieldError& error) {
        const auto job = services_.jobs.restore(std::move(info));
        job->end(api::JobState::failed, describe(std::make_exception_ptr(error)));
      }
    }
  }
  next();
}

std::vector<std::string> ImageJobs::waiting_ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  if (running_) ids.push_back(running_->job->id());  // what has not begun yet waits still; the database knows the state
  for (const auto& item : waiting_) ids.push_back(item->job->id());
  return ids;
}

void ImageJobs::save_order() {
  services_.writer.post([this](Database& database) { store::write_image_queue(database, waiting_ids()); });
}

api::ImageQueue ImageJobs::queue() {
  std::vector<std::shared_ptr<Item>> items;
  {
    const std::lock_guard lock(mutex_);
    if (running_) items.push_back(running_);
    items.insert(items.end(), waiting_.begin(), waiting_.end());
  }
  api::ImageQueue queue;
  for (const auto& item : items) {
    api::QueuedImages queued;
    queued.job = item->job->info();
    queued.settings = item->request.settings;
    queued.images = static_cast<int>(queued.job.subject.value("images", 1));
    queued.seconds = item->seconds;
    if (queued.seconds) *queued.seconds *= 1 - queued.job.progress;
    queue.jobs.push_back(std::move(queued));
  }
  return queue;
}

void ImageJobs::reorder(const std::vector<std::string>& jobs) {
  {
    const std::lock_guard lock(mutex_);
    std::deque<std::shared_ptr<Item>> ordered;
    for (const std::string& id : jobs) {
      const auto found =
          std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& item) { return item->job->id() == id; });
      if (found == waiting_.end()) continue;  // it began, or was cancelled, while the client decided
      ordered.push_back(*found);
      waiting_.erase(found);
    }
    waiting_.insert(waiting_.begin(), ordered.begin(), ordered.end());
  }
  save_order();
  services_.queue_changed();
}

void ImageJobs::cancel(const std::string& id) {
  std::shared_ptr<Item> cancelled;
  {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& item) { return item->job->id() == id; });
    if (found == waiting_.end()) return;  // the running one sees its token within an op
    cancelled = *found;
    waiting_.erase(found);
  }
  save_order();
  cancelled->job->end(api::JobState::cancelled);
  services_.queue_changed();
}

std::optional<api::Plot> ImageJobs::plot(const std::string& job) const {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Item> found = running_ && running_->job->id() == job ? running_ : nullptr;
  for (const auto* items : {&waiting_, &ending_}) {
    for (const auto& item : *items) {
      if (item->job->id() == job) found = item;
    }
  }
  if (!found || !found->plot) return std::nullopt;
  return found->plot->get();
}

bool ImageJobs::names(const std::string& upload) const {
  const std::lock_guard lock(mutex_);
  const auto does = [&](const Item& item) {
    return api::dump(api::to_json(item.request)).find(upload) != std::string::npos;
  };
  return (running_ && does(*running_)) ||
         std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& item) { return does(*item); });
}

void ImageJobs::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (running_) running_->job->cancel.cancel();
}

// One at a time is with the device; the next is given to it when that has ended.
void ImageJobs::next() {
  std::shared_ptr<Item> item;
  {
    const std::lock_guard lock(mutex_);
    if (running_ || stopping_ || waiting_.empty()) return;
    item = running_ = waiting_.front();
    waiting_.pop_front();
  }
  services_.queue.post([this, item] { run(item); });
}

void ImageJobs::run(const std::shared_ptr<Item>& item) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;  // still queued, for the next host
  }
  item->job->start();
  save_order();
  services_.queue_changed();
  api::JobState state = api::JobState::done;
  std::optional<api::ErrorInfo> error;
  try {
    item->job->cancel.throw_if_cancelled();
    if (item->plot) {
      make_plot(services_.worker, item->job, item->request, item->plot);
    } else {
      make_images(services_.worker, item->job, item->request.settings);
    }
  } catch (...) {
    const bool cancelled = item->job->cancel.cancelled();
    state = cancelled ? api::JobState::cancelled : api::JobState::failed;
    if (!cancelled) error = describe(std::current_exception());
  }
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ && state == api::JobState::cancelled) state = api::JobState::interrupted;
    running_ = nullptr;
    ending_.push_back(item);
  }
  // The job is over when its pictures are written; the device goes on with the next meanwhile.
  services_.saver.then([this, item, state, error] {
    item->job->end(state, error, item->plot ? api::to_json(item->plot->get()) : api::Json(nullptr));
    {
      const std::lock_guard lock(mutex_);
      std::erase(ending_, item);
    }
    services_.queue_changed();
  });
  next();
}

}  // namespace diptych::host
