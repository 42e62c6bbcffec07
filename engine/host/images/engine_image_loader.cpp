#include "engine/host/images/engine_image_loader.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/diffusion/condition/causal_text.h"
#include "engine/diffusion/condition/prompt_plan.h"
#include "engine/diffusion/image_parts.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/pipeline_family.h"
#include "engine/host/images/engine_enlarger.h"
#include "engine/host/images/engine_image_model.h"
#include "engine/host/images/image_model_info.h"
#include "engine/host/images/image_request.h"
#include "engine/io/library/pipeline_folder.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

constexpr size_t kept_metas = 4;
constexpr size_t kept_predictions = 256;

diffusion::ImageModel load_pipeline(Context& ctx, const ModelRegistry& registry, const ImageModelFiles& files,
                                    const LoadOptions& options = {}) {
  const ModelRef ref{.path = files.model,
                     .vae = files.vae,
                     .text_encoders = files.text_encoders,
                     .prediction = files.prediction,
                     .quantize = files.quantize};
  const diffusion::ImageStreaming streaming{.ends = files.low_memory, .denoiser = files.low_memory};
  return diffusion::load_image_model(ctx, registry, diffusion::open_parts(registry, ref), options, streaming);
}

int64_t size_on_disk(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code error;
  if (fs::is_regular_file(folder, error)) return static_cast<int64_t>(fs::file_size(folder, error));
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".safetensors") bytes += static_cast<int64_t>(entry->file_size(error));
  }
  return bytes;
}

// Everything that shapes depend on: the settings but for the words of the prompts, of which their number of texts and
// windows stays.
std::string prediction_key(const diffusion::ImageModel& model, const ImageRunRequest& request) {
  api::ImageSettings settings = request.settings;
  std::string key;
  for (const api::PromptTokens& tokens : prompt_tokens(model, settings)) key += std::to_string(tokens.windows) + " ";
  const diffusion::PromptPlan plan =
      diffusion::plan_prompts(settings.prompt, settings.negative,
                              {.syntax = !settings.plain_prompt,
                               .steps = settings.steps,
                               .wildcard_seed = static_cast<uint64_t>(settings.wildcard_seed.value_or(0))});
  key += std::to_string(plan.texts.size()) + " " + std::to_string(plan.parts.size());
  for (const auto& [id, picture] : request.pictures) {
    key += " " + id + " " + std::to_string(picture.width) + "x" + std::to_string(picture.height);
  }
  // A tag of an adapter is refused by its name.
  if (settings.prompt.find('<') == std::string::npos) settings.prompt.clear();
  if (settings.negative && settings.negative->find('<') == std::string::npos) settings.negative = "";
  settings.seed.reset();
  settings.wildcard_seed.reset();
  settings.count = 1;
  return key + api::dump(api::to_json(settings));
}

}  // namespace

bool EngineImageLoader::handles(const fs::path& path) const {
  if (is_pipeline_folder(path)) return true;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  try {
    return registry_->open_checkpoint(path).denoiser.has_value();
  } catch (const Error&) {
    return false;  // a language model, or what its own reader will say
  }
}

// Called with mutex_ held.
EngineImageLoader::Meta& EngineImageLoader::meta(const ImageModelFiles& files) const {
  std::error_code error;
  const auto changed = fs::last_write_time(files.model, error);
  const auto known = std::find_if(metas_.begin(), metas_.end(),
                                  [&](const Meta& one) { return one.files == files && one.changed == changed; });
  if (known != metas_.end()) {
    metas_.splice(metas_.begin(), metas_, known);
    return metas_.front();
  }
  std::list<Meta> fresh;
  Meta& made = fresh.emplace_back(files, threads_);
  made.changed = changed;
  made.model = load_pipeline(made.ctx, *registry_, files);
  metas_.splice(metas_.begin(), fresh);
  if (metas_.size() > kept_metas) metas_.pop_back();
  return metas_.front();
}

ImageDescription EngineImageLoader::describe(const fs::path& path) const {
  ModelRef ref;
  ref.path = path;
  const diffusion::ImageModelParts parts = diffusion::open_parts(*registry_, ref, diffusion::PartsDetail::headers);
  ImageDescription description;
  description.name = (fs::is_directory(path) ? path.filename() : path.stem()).string();
  description.family = diffusion::traits_of(diffusion::family_of_pipeline(parts.pipeline, path.string())).name;
  description.quantization = parts.denoiser.quantization();
  description.size_bytes = size_on_disk(path);
  description.parameters = diffusion::parameters_of(parts);
  return description;
}

std::string EngineImageLoader::needs(const fs::path& path) const {
  return is_pipeline_folder(path) ? diffusion::missing_language_model(open_pipeline_folder(path)) : std::string();
}

api::ImageModelInfo EngineImageLoader::info(const ImageModelFiles& files) const {
  const std::lock_guard lock(mutex_);
  const Meta& of = meta(files);
  api::ImageModelInfo info = image_model_info(of.model);
  info.weights_bytes = of.ctx.arena()->use().total_bytes;
  return info;
}

ImagePrediction EngineImageLoader::predict(const ImageModelFiles& files, const ImageRunRequest& request) const {
  if (files.model.empty()) return predict_enlargement(upscalers_, threads_, request);
  const std::lock_guard lock(mutex_);
  Meta& of = meta(files);
  const std::string key = prediction_key(of.model, request);
  const auto known = of.predictions.find(key);
  if (known == of.predictions.end()) {
    if (of.predictions.size() >= kept_predictions) of.predictions.clear();
    return of.predictions[key] = predict(of, request);
  }
  ImagePrediction prediction = known->second;
  api::ImageSettings settings = request.settings;
  settings.width = prediction.settings.width;
  settings.height = prediction.settings.height;
  settings.steps = prediction.settings.steps;
  settings.guidance = prediction.settings.guidance;
  prediction.settings = std::move(settings);
  return prediction;
}

ImagePrediction EngineImageLoader::predict(Meta& of, const ImageRunRequest& request) const {
  ImagePrediction prediction;
  of.applied.adapters.reset();  // what putting them on takes belongs to it
  of.ctx.arena()->reset_peak();
  of.side_models.keep_only(request.files);
  const PreparedImages prepared =
      prepare_images(of.ctx, of.model, request.settings, {request.pictures, request.files, of.side_models, *registry_});
  apply_files(of.ctx, of.model, prepared, of.files.model, of.applied);
  prediction.settings = completed_settings(request.settings, prepared.request);
  const int64_t equipping_bytes = of.ctx.arena()->use().total_peak_bytes;
  MemoryUse enlarging, denoising;
  const PassListeners listeners{.step = [&](const diffusion::ImageStep&) { denoising = of.ctx.arena()->use(); },
                                .enlarging = [&](int, int) { enlarging = of.ctx.arena()->use(); }};
  const diffusion::ImageResult result =
      run_passes(of.ctx, of.model, prepared, diffusion::NoiseKind::philox, 0, upscalers_, listeners);
  prediction.memory_bytes = std::max(equipping_bytes, result.peak_bytes());
  // Peaks are counted anew for each phase; those of the text, which are the smallest by far, are left out.
  const bool in_decoding = result.decoding.peak_bytes >= result.denoising.peak_bytes;
  const bool in_enlarging = result.enlarging.peak_bytes == result.peak_bytes() && enlarging.total_peak_bytes > 0;
  prediction.owners = owners_of(in_enlarging ? enlarging : in_decoding ? of.ctx.arena()->use() : denoising);
  prediction.evaluations = result.evaluations;
  prediction.enlarging = result.enlarging.cost;
  prediction.text = result.text.cost;
  prediction.denoising = result.denoising.cost;
  prediction.decoding = result.decoding.cost;
  return prediction;
}

std::vector<api::PromptTokens> EngineImageLoader::count_tokens(const ImageModelFiles& files,
                                                               const api::ImageSettings& settings) const {
  const std::lock_guard lock(mutex_);
  if (files.model.empty()) return {};
  return prompt_tokens(meta(files).model, settings);
}

std::unique_ptr<LoadedImageModel> EngineImageLoader::load(const ImageModelFiles& files,
                                                          const std::function<void(double)>& progress,
                                                          const CancelToken& cancel) const {
  if (files.model.empty()) return std::make_unique<EngineEnlarger>(upscalers_, threads_);
  auto ctx = std::make_unique<Context>(cpu_device, threads_);
  ctx->cancel = cancel;
  diffusion::ImageModel model = load_pipeline(*ctx, *registry_, files, {.progress = progress, .cancel = cancel});
  return std::make_unique<EngineImageModel>(registry_, upscalers_, files, std::move(ctx), std::move(model));
}

}  // namespace diptych::host
