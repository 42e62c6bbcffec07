#include "engine/host/images/image_worker.h"

#include <thread>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/diffusion/prompt/textual_inversion.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/host/http/errors.h"
#include "engine/host/images/image_request.h"

namespace diptych::host {
namespace {

constexpr auto look_for_room_every = std::chrono::milliseconds(50);

// A count that ends with what it counts.
class Running {
 public:
  Running(std::mutex& mutex, bool& flag) : mutex_(mutex), flag_(flag) { set(true); }
  ~Running() { set(false); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  void set(bool value) {
    const std::lock_guard lock(mutex_);
    flag_ = value;
  }
  std::mutex& mutex_;
  bool& flag_;
};

double per_second(double amount, double seconds) {
  return seconds > 0 ? amount / seconds / 1e9 : 0;
}

// Adapters and words with their hashes, those of the prompt as well.
void name_side_files(std::span<const diffusion::ChosenAdapter> adapters,
                     std::span<const std::filesystem::path> embeddings, diffusion::Recipe& recipe) {
  try {
    if (!adapters.empty()) recipe.adapters = diffusion::recipe_adapters(adapters);
    recipe.embeddings = diffusion::recipe_embeddings(embeddings);
  } catch (const Error& error) {  // a file went away meanwhile: the picture is worth more than its hash
    log_warning(std::string("a picture's recipe misses an adapter or a word: ") + error.what());
  }
}

}  // namespace

std::shared_ptr<LoadedImageModel> ImageWorker::model_for(const ImageTarget& target, const ImageWork& work) {
  {
    const std::lock_guard lock(mutex_);
    if (model_ && loaded_.files == target.files) return model_;
  }
  unload();
  services_.models.set_image_state(target.id, api::ModelState::loading, 0, {});
  const auto progress = [&](double fraction) {
    services_.queue.run_waiting();
    work.job->progress_event("progress", api::to_json(work.clock.loading(fraction)), work.clock.loading(0).progress);
  };
  std::shared_ptr<LoadedImageModel> model;
  try {
    progress(0);
    model = services_.loader.load(target.files, progress, work.job->cancel);
  } catch (...) {
    services_.models.set_image_state(target.id, api::ModelState::available, 0, {});
    throw;
  }
  services_.models.set_image_state(target.id, api::ModelState::loaded, 1, model->memory().total_bytes);
  const std::lock_guard lock(mutex_);
  model_ = model;
  loaded_ = target;
  return model;
}

void ImageWorker::unload() {
  std::shared_ptr<LoadedImageModel> model;
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    model = std::exchange(model_, nullptr);
    id = loaded_.id;
  }
  if (!model) return;
  model.reset();
  services_.models.set_image_state(id, api::ModelState::available, 0, {});
}

void ImageWorker::unload_unused(SteadyClock::time_point now) {
  const int seconds = services_.settings().keep_alive_s;
  {
    const std::lock_guard lock(mutex_);
    if (!model_ || running_ || seconds == 0 || now - last_used_ < std::chrono::seconds(seconds)) return;
  }
  unload_soon();
}

void ImageWorker::unload_soon() {
  services_.queue.post([this] {
    {
      const std::lock_guard lock(mutex_);
      if (running_) return;
    }
    unload();
  });
}

int64_t ImageWorker::unused_bytes() const {
  {
    const std::lock_guard lock(mutex_);
    if (running_) return 0;
  }
  return memory().total_bytes;
}

bool ImageWorker::loaded() const {
  const std::lock_guard lock(mutex_);
  return model_ != nullptr;
}

MemoryUse ImageWorker::memory() const {
  std::shared_ptr<LoadedImageModel> model;
  {
    const std::lock_guard lock(mutex_);
    model = model_;
  }
  return model ? model->memory() : MemoryUse{};
}

std::optional<ImagePreview::Encoded> ImageWorker::preview(const std::string& job) const {
  std::shared_ptr<ImagePreview> preview;
  {
    const std::lock_guard lock(mutex_);
    if (preview_job_ == job) preview = preview_;
  }
  return preview ? preview->encode() : std::nullopt;
}

// Where finished pictures cannot be written no further ones are made: they would only fill the memory.
void ImageWorker::wait_for_room(const ImageWork& work) {
  while (services_.saver.stuck()) {
    work.job->cancel.throw_if_cancelled();
    services_.queue.run_waiting();
    std::this_thread::sleep_for(look_for_room_every);
  }
}

const std::map<std::string, Image8>& ImageWorker::pictures_for(const ImageWork& work) {
  // The pictures of a plot may differ from cell to cell; those of an image job are read once.
  const bool same = work.job->info().kind == api::JobKind::image && pictures_job_ == work.job->id();
  if (!same) {
    pictures_ = services_.planner.pictures(work.settings);
    pictures_job_ = work.job->id();
  }
  return pictures_;
}

MadeImages ImageWorker::run(const ImageWork& work) {
  const Running running(mutex_, running_);
  wait_for_room(work);
  const ImagePlan plan = services_.planner.plan(work.settings);
  services_.planner.refuse_if_too_large(plan, work.settings);  // others may have taken memory since it was asked for
  work.clock.begin_run(work.run, plan);
  // Whoever loads between two ops of the run must leave it what it will still take.
  const auto claim = services_.memory.claim(MemoryUser::image_run, plan.prediction.memory_bytes,
                                            [this] { return memory().total_bytes; });
  const auto model = model_for(plan.target, work);
  work.clock.begin_run(work.run, plan);
  const auto preview = std::make_shared<ImagePreview>();
  {
    const std::lock_guard lock(mutex_);
    if (preview_job_ != work.job->id()) {
      preview_ = preview;
      preview_job_ = work.job->id();
    }
  }
  const bool previewed = work.settings.preview != api::PreviewKind::off;
  ImageRunHooks hooks;
  hooks.between = [&] {
    const double seconds = services_.queue.run_waiting();
    work.clock.left_device(seconds);
    return seconds;
  };
  hooks.computed = [&](const Cost& cost) { services_.meter.add(0, cost); };
  hooks.step = [&](const ImageRunStep& step) {
    const api::ImageProgress progress = work.clock.at(step);
    const bool told = work.job->progress_event("progress", api::to_json(progress), progress.progress);
    if (!previewed || step.latents.empty()) return;
    const int64_t number = preview_->set(step.latents, step.channels, step.height, step.width, step.preview_map);
    if (told) work.job->event("preview", api::to_json(api::PreviewMade{number}));
  };
  const auto joules = services_.joules();
  ImageRunResult result = model->run(
      {work.settings, pictures_for(work), services_.planner.files(plan.target, work.settings), work.job->cancel},
      hooks);
  const auto joules_after = services_.joules();
  const api::ImageProgress ended = work.clock.end_run();
  work.job->progress_event("progress", api::to_json(ended), ended.progress);
  services_.planner.used(plan.target.id);
  services_.planner.measured(plan.target.id, work.settings, result);
  services_.models.set_image_state(plan.target.id, api::ModelState::loaded, 1, model->memory().total_bytes);
  {
    const std::lock_guard lock(mutex_);
    last_used_ = SteadyClock::now();
  }
  std::optional<double> used;
  if (joules && joules_after) used = *joules_after - *joules;
  return hand_on(work, plan, std::move(result), used);
}

api::ImageMetrics ImageWorker::metrics_of(const ImageRunResult& result, const ImagePlan& plan,
                                          std::optional<double> joules) const {
  api::ImageMetrics metrics;
  metrics.text_seconds = result.text.seconds;
  metrics.denoising_seconds = result.denoising.seconds;
  metrics.decoding_seconds = result.decoding.seconds;
  if (result.evaluations > 0) {
    metrics.seconds_per_step = result.denoising.seconds / result.evaluations;
    metrics.gflop_s = per_second(result.denoising.cost.flops, result.denoising.seconds);
    metrics.bandwidth_gb_s = per_second(result.denoising.cost.bytes(), result.denoising.seconds);
  }
  const Roofline roofline = services_.roofline();
  if (roofline.gflop_s > 0) metrics.gflop_s_roofline = roofline.compute_gflop_s(result.denoising.cost);
  if (roofline.bandwidth_gb_s > 0) metrics.bandwidth_roofline_gb_s = roofline.bandwidth_gb_s;
  metrics.batch = static_cast<int>(result.images.size());
  if (joules) metrics.joules = *joules / metrics.batch;
  metrics.peak_memory_bytes = result.peak_bytes;
  metrics.predicted_memory_bytes = plan.prediction.memory_bytes;
  return metrics;
}

MadeImages ImageWorker::hand_on(const ImageWork& work, const ImagePlan& plan, ImageRunResult result,
                                std::optional<double> joules) {
  const ImageTarget& target = plan.target;
  MadeImages made;
  const api::ImageMetrics metrics = metrics_of(result, plan, joules);
  std::filesystem::path refiner;
  if (const auto& named = work.settings.refiner; named && !api::enlarges_only(work.settings)) {
    refiner = services_.models.info(services_.models.resolve(named->model)).path;
  }
  for (size_t i = 0; i < result.images.size(); ++i) {
    api::ImageInfo info;
    info.settings = result.settings;
    info.settings.model = target.id;
    info.settings.batch = info.settings.count = 1;
    info.seed = result.settings.seed.value_or(0);
    if (info.settings.variation) {
      info.settings.variation->seed += static_cast<int64_t>(i);
    } else {
      info.seed += static_cast<int64_t>(i);
    }
    info.settings.seed = info.seed;
    if (i < result.settings.classes.size()) info.settings.classes = {result.settings.classes[i]};
    info.prompt = result.settings.prompt;
    info.negative = result.settings.negative.value_or("");
    info.model = target.id;
    info.metrics = metrics;
    const auto complete = [&hashes = services_.hashes, version = services_.version, files = target.files, refiner,
                           adapters = result.adapters, embeddings = result.embeddings](FinishedImage& image) {
      diffusion::Recipe recipe = recipe_of(image.info.settings, files.model.filename().string(), version);
      if (!files.model.empty()) recipe.model.hash = hashes.get(files.model);
      if (!refiner.empty()) recipe.refiner->model.hash = hashes.get(refiner);
      if (!files.vae.empty()) recipe.vae.hash = hashes.get(files.vae);
      name_side_files(adapters, embeddings, recipe);
      image.info.recipe = api::parse(diffusion::write_recipe(recipe)).value_or(api::Json(nullptr));
      image.parameters = diffusion::write_parameters(recipe);
    };
    made.ids.push_back(save(
        work.job, result.images[i], std::move(info),
        [saved = work.saved, i](const api::ImageInfo& done) { saved(i, done); }, complete));
  }
  made.pictures = std::move(result.images);
  return made;
}

std::string ImageWorker::save(const std::shared_ptr<Job>& job, Image8 picture, api::ImageInfo info,
                              std::function<void(const api::ImageInfo&)> saved,
                              std::function<void(FinishedImage&)> complete) {
  info.id = new_id('i');
  info.created_ms = now_ms();
  info.job = job->id();
  FinishedImage finished;
  finished.picture = std::move(picture);
  finished.format = services_.settings().image_format;
  finished.complete = std::move(complete);
  finished.info = std::move(info);
  finished.saved = [job, saved = std::move(saved)](const api::ImageInfo& done) {
    job->event("image", api::to_json(done));
    saved(done);
  };
  finished.failed = [job](const api::ErrorInfo& error) {
    job->event("warning", {{"message", "a finished picture waits in memory and is written when that is possible"},
                           {"error", api::to_json(error)}});
  };
  const std::string id = finished.info.id;
  services_.saver.save(std::move(finished));
  return id;
}

}  // namespace diptych::host
