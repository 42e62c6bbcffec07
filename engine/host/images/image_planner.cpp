#include "engine/host/images/image_planner.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/gigabytes.h"
#include "engine/host/http/errors.h"
#include "engine/host/images/image_files.h"
#include "engine/host/images/side_models.h"

namespace diptych::host {
namespace {

struct Timed {
  double seconds = 0;
  bool known = true, measured = true;
};

// By the speed that was measured for such work, else by the roofline: the longer of computing and moving.
void add_time(Timed& total, const Cost& cost, double speed_gflop_s, const Roofline& roofline) {
  if (cost.flops <= 0 && cost.bytes() <= 0) return;
  if (speed_gflop_s > 0) {
    total.seconds += cost.flops / (speed_gflop_s * 1e9);
    return;
  }
  total.measured = false;
  if (roofline.gflop_s <= 0 || roofline.bandwidth_gb_s <= 0) {
    total.known = false;
    return;
  }
  total.seconds += std::max(cost.flops / roofline.compute_gflop_s(cost), cost.bytes() / roofline.bandwidth_gb_s) / 1e9;
}

api::Reading reading_of(const Timed& time) {
  if (!time.known) return api::unreadable("no run of this model was measured, and the machine's roofline is not yet");
  return time.measured
             ? api::reading(time.seconds, api::Known::modelled, "declared operations over the speed of the last run")
             : api::reading(time.seconds, api::Known::estimated, "declared cost over the measured roofline");
}

api::Reading times(api::Reading reading, double factor) {
  if (reading.value) *reading.value *= factor;
  return reading;
}

// What is loaded anew where it differs.
std::string files_key(const api::ImageSettings& settings) {
  return settings.model + "\n" + settings.vae + "\n" + settings.prediction + "\n" + settings.quantize + "\n" +
         (settings.low_memory ? "streamed" : "") + "\n" + api::dump(api::FieldWriter::write(settings.text_encoders));
}

// Adapters are changed on a loaded model, which takes a while, too.
std::string weights_key(const api::ImageSettings& settings) {
  return files_key(settings) + "\n" + api::dump(api::FieldWriter::write(settings.adapters));
}

bool is_built_in(const std::string& upscaler) {
  return upscaler.empty() || upscaler == "latent" || upscaler == "bicubic" || upscaler == "lanczos";
}

// Under which the speed of a network is kept that enlarges pictures, beside those of models.
std::string enlarging_key(const api::ImageSettings& settings) {
  return "upscaler\n" + (settings.upscale ? settings.upscale->upscaler
                         : settings.hires ? settings.hires->upscaler
                                          : "");
}

// Under which the speeds of a model are kept: rounded weights meet other products.
std::string speeds_key(const std::string& model, const api::ImageSettings& settings) {
  return settings.quantize.empty() ? model : model + "\n" + settings.quantize;
}

std::vector<std::string> pictures_of(const api::ImageSettings& settings) {
  std::vector<std::string> ids;
  if (settings.init) ids = {settings.init->image, settings.init->mask};
  for (const api::ImageControl& control : settings.controls) ids.push_back(control.image);
  for (const api::ImagePrompt& prompt : settings.image_prompts) ids.push_back(prompt.image);
  if (api::enlarges_only(settings)) ids = {settings.init->image};
  std::erase(ids, "");
  return ids;
}

}  // namespace

std::vector<std::vector<int>> plot_order(const api::PlotRequest& request) {
  std::vector<std::vector<int>> cells{{}};
  for (size_t axis = request.axes.size(); axis-- > 0;) {  // the first axis runs fastest
    std::vector<std::vector<int>> longer;
    for (const std::vector<int>& cell : cells) {
      for (int i = 0; i < static_cast<int>(request.axes[axis].values.size()); ++i) {
        std::vector<int> at{i};
        at.insert(at.end(), cell.begin(), cell.end());
        longer.push_back(std::move(at));
      }
    }
    cells = std::move(longer);
  }
  std::vector<std::string> seen;  // in the order of their first cell
  std::vector<std::pair<size_t, std::vector<int>>> ordered;
  for (std::vector<int>& at : cells) {
    const std::string key = weights_key(api::plot_cell(request, at));
    auto found = std::find(seen.begin(), seen.end(), key);
    if (found == seen.end()) found = seen.insert(seen.end(), key);
    ordered.emplace_back(static_cast<size_t>(found - seen.begin()), std::move(at));
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::vector<int>> result;
  for (auto& [group, at] : ordered) result.push_back(std::move(at));
  return result;
}

ImageTarget ImagePlanner::target(const api::ImageSettings& settings) {
  ImageTarget result;
  if (api::enlarges_only(settings)) return result;
  std::string name = settings.model;
  if (name.empty()) {
    const std::lock_guard lock(mutex_);
    name = last_model_;
  }
  if (name.empty()) {
    bool own = false;
    for (const api::ModelInfo& model : services_.models.list()) {  // a user's own comes before one that came along
      if (model.kind != api::ModelKind::image || model.error || own || (model.shipped && !name.empty())) continue;
      name = model.id;
      own = !model.shipped;
    }
  }
  if (name.empty()) {
    throw Error(ErrorCategory::unavailable, "cannot make images", "no model", "there is no image model yet",
                "put one into the model folder");
  }
  result.id = services_.models.resolve(name);
  const api::ModelInfo info = services_.models.info(result.id);
  result.files.model = info.path;
  if (info.kind != api::ModelKind::image && info.error) {  // it may say how to convert it
    throw Error(ErrorCategory::unsupported, info.error->what, info.error->thing, info.error->why, info.error->to_do);
  }
  if (info.kind != api::ModelKind::image) {
    throw Error(ErrorCategory::unsupported, "cannot make images", result.id, "it is a language model",
                "choose an image model");
  }
  if (!settings.vae.empty()) result.files.vae = image_file(settings.vae, api::ImageFileKind::vae);
  for (const std::string& encoder : settings.text_encoders) {
    result.files.text_encoders.push_back(image_file(encoder, api::ImageFileKind::text_encoder));
  }
  result.files.prediction = settings.prediction;
  result.files.quantize = settings.quantize;
  result.files.low_memory = settings.low_memory;
  return result;
}

std::map<std::string, Image8> ImagePlanner::pictures(const api::ImageSettings& settings) {
  std::map<std::string, Image8> pictures;
  for (const std::string& id : pictures_of(settings)) pictures[id] = services_.gallery.picture(id);
  return pictures;
}

std::map<std::string, std::filesystem::path> ImagePlanner::files(const ImageTarget& target,
                                                                 const api::ImageSettings& settings) {
  std::map<std::string, std::filesystem::path> files;
  for (const std::string& upscaler :
       {settings.hires ? settings.hires->upscaler : "", settings.upscale ? settings.upscale->upscaler : ""}) {
    if (!is_built_in(upscaler)) files[upscaler] = image_file(upscaler, api::ImageFileKind::upscaler);
  }
  if (api::enlarges_only(settings)) return files;
  for (const api::ImageControl& control : settings.controls) {
    files[control.model] = image_file(control.model, api::ImageFileKind::control);
  }
  for (const api::ImagePrompt& prompt : settings.image_prompts) {
    files[image_prompt_key(prompt.adapter)] = image_file(prompt.adapter, api::ImageFileKind::image_prompt);
    files[image_encoder_key(prompt.encoder)] = image_encoder_for(prompt.encoder, target.files.model);
  }
  if (settings.refiner) {
    const api::ModelInfo info = services_.models.info(services_.models.resolve(settings.refiner->model));
    if (info.kind != api::ModelKind::image) {
      throw Error(ErrorCategory::unsupported, "cannot use refiner", info.id, "it is a language model",
                  "choose an image model of the same family as the model");
    }
    files[refiner_key(settings.refiner->model)] = info.path;
  }
  for (const api::ImageAdapter& adapter : settings.adapters) {
    files[adapter.file] = image_file(adapter.file, api::ImageFileKind::adapter);
  }
  for (const std::string& embedding : settings.embeddings) {
    files[embedding_key(embedding)] = image_file(embedding, api::ImageFileKind::embedding);
  }
  return files;
}

ImagePrediction ImagePlanner::predict(const ImageTarget& target, const api::ImageSettings& settings) {
  ImageRunRequest request;
  request.settings = settings;
  request.settings.count = 1;
  request.files = files(target, settings);
  for (const std::string& id : pictures_of(settings)) {
    const api::ImageSize size = services_.gallery.size_of(id);
    request.pictures[id] = Image8{.width = size.width, .height = size.height, .channels = 3, .pixels = {}};
  }
  return services_.loader.predict(target.files, request);
}

ImageSpeeds ImagePlanner::speeds_of(const std::string& model) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = speeds_.find(model); known != speeds_.end()) return known->second;
  }
  const auto stored = services_.reader.read([&](Database& database) { return store::read_speeds(database, model); });
  const std::lock_guard lock(mutex_);
  return speeds_.emplace(model, stored.value_or(ImageSpeeds{})).first->second;
}

ImagePlan ImagePlanner::plan(const api::ImageSettings& settings) {
  ImagePlan plan;
  plan.target = target(settings);
  plan.prediction = predict(plan.target, settings);
  plan.free_bytes = services_.free_bytes();
  plan.fits = plan.prediction.memory_bytes <= plan.free_bytes;
  const ImageSpeeds speeds = speeds_of(speeds_key(plan.target.id, settings));
  const Roofline roofline = services_.roofline();
  Timed run, denoising;
  add_time(denoising, plan.prediction.denoising, speeds.denoising_gflop_s, roofline);
  run = denoising;
  add_time(run, plan.prediction.enlarging, speeds_of(enlarging_key(settings)).decoding_gflop_s, roofline);
  add_time(run, plan.prediction.text, speeds.text_gflop_s, roofline);
  add_time(run, plan.prediction.decoding, speeds.decoding_gflop_s, roofline);
  plan.run_seconds = reading_of(run);
  plan.step_seconds = plan.prediction.evaluations == 0
                          ? api::unreadable("no steps are made")
                          : times(reading_of(denoising), 1.0 / plan.prediction.evaluations);
  return plan;
}

// The first change that makes it fit.
std::string ImagePlanner::advice(const ImagePlan& plan, const api::ImageSettings& settings) {
  std::vector<std::pair<std::string, api::ImageSettings>> changes;
  const auto change = [&](std::string what) -> api::ImageSettings& {
    return changes.emplace_back(std::move(what), settings).second;
  };
  if (api::enlarges_only(settings)) return "close other programs, or enlarge it by less";
  if (settings.batch > 1) change("make one picture at once").batch = 1;
  if (!settings.sequential_guidance) change("switch sequential guidance on").sequential_guidance = true;
  if (!settings.tiled_vae) change("switch the tiled autoencoder on").tiled_vae = true;
  if (settings.quantize.empty())
    change("round linear layers to 8 bits, which changes pictures slightly").quantize = "q8_0";
  if (!settings.low_memory) change("switch low memory on").low_memory = true;
  if (settings.refiner) change("leave the refiner out").refiner.reset();
  const int width = plan.prediction.settings.width / 128 * 64, height = plan.prediction.settings.height / 128 * 64;
  if (width > 0 && height > 0 && !settings.upscale) {
    api::ImageSettings& smaller =
        change("make a picture of " + std::to_string(width) + " x " + std::to_string(height) + " pixels");
    smaller.width = width;
    smaller.height = height;
  }
  for (const auto& [what, changed] : changes) {
    try {
      const int64_t needed = predict(target(changed), changed).memory_bytes;
      if (needed <= plan.free_bytes) return what + " (" + gigabytes(needed) + ")";
    } catch (const Error&) {
      // what this engine or model does not do is no advice
    }
  }
  std::string loaded;
  for (const api::ModelInfo& model : services_.models.list()) {
    if (model.kind == api::ModelKind::text && model.state == api::ModelState::loaded) {
      loaded += (loaded.empty() ? "" : ", ") + model.id;
    }
  }
  return (loaded.empty() ? "" : "unload " + loaded + ", ") + "close other programs or choose a smaller model";
}

void ImagePlanner::refuse_if_too_large(const ImagePlan& plan, const api::ImageSettings& settings) {
  if (plan.fits) return;
  throw Error(
      ErrorCategory::out_of_memory, "cannot make images",
      plan.target.id.empty() ? "the enlarged picture" : plan.target.id,
      "the run needs " + gigabytes(plan.prediction.memory_bytes) + " and " + gigabytes(plan.free_bytes) + " are free",
      advice(plan, settings));
}

api::ImageEstimate ImagePlanner::estimate(const api::ImageSettings& settings) {
  const ImagePlan planned = plan(settings);
  api::ImageEstimate estimate;
  estimate.model = planned.target.id;
  estimate.width = planned.prediction.settings.width;
  estimate.height = planned.prediction.settings.height;
  estimate.steps = planned.prediction.settings.steps;
  estimate.guidance = planned.prediction.settings.guidance.value_or(0);
  estimate.memory_bytes = planned.prediction.memory_bytes;
  estimate.owners = planned.prediction.owners;
  estimate.free_bytes = planned.free_bytes;
  estimate.fits = planned.fits;
  if (!planned.fits) estimate.to_do = advice(planned, settings);
  estimate.seconds = times(planned.run_seconds, settings.count);
  estimate.seconds_per_step = planned.step_seconds;
  estimate.tokens = services_.loader.count_tokens(planned.target.files, settings);
  return estimate;
}

api::PlotEstimate ImagePlanner::estimate(const api::PlotRequest& request) {
  api::PlotEstimate estimate;
  Timed total;
  std::string loaded;
  estimate.fits = true;
  for (const std::vector<int>& at : plot_order(request)) {
    const api::ImageSettings settings = api::plot_cell(request, at);
    const ImagePlan planned = plan(settings);
    ++estimate.cells;
    if (const std::string key = files_key(settings); key != loaded) {
      ++estimate.model_loads;
      loaded = key;
    }
    estimate.free_bytes = planned.free_bytes;
    estimate.memory_bytes = std::max(estimate.memory_bytes, planned.prediction.memory_bytes);
    if (!planned.fits && estimate.fits) {
      estimate.fits = false;
      estimate.to_do = advice(planned, settings);
    }
    total.known = total.known && planned.run_seconds.value.has_value();
    total.measured = total.measured && planned.run_seconds.known == api::Known::modelled;
    total.seconds += planned.run_seconds.value.value_or(0);
  }
  estimate.seconds = reading_of(total);
  return estimate;
}

void ImagePlanner::used(const std::string& model) {
  if (model.empty()) return;
  const std::lock_guard lock(mutex_);
  last_model_ = model;
}

void ImagePlanner::measured(const std::string& model, const api::ImageSettings& settings,
                            const ImageRunResult& result) {
  const auto speed = [](const ImagePart& part) { return part.seconds > 0 ? part.cost.flops / part.seconds / 1e9 : 0; };
  if (const double enlarging = speed(result.enlarging); enlarging > 0) {
    remember(enlarging_key(settings), {.decoding_gflop_s = enlarging});
  }
  if (model.empty()) return;
  remember(speeds_key(model, settings), {speed(result.text), speed(result.denoising), speed(result.decoding)});
}

void ImagePlanner::remember(const std::string& model, const ImageSpeeds& speeds) {
  {
    const std::lock_guard lock(mutex_);
    speeds_[model] = speeds;
  }
  services_.writer.post([model, speeds](Database& database) { store::write_speeds(database, model, speeds); });
}

}  // namespace diptych::host
