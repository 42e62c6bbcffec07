// diptych generate: pictures from a prompt.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "app/cli/adapter_options.h"
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/control_options.h"
#include "app/cli/image_files.h"
#include "app/cli/image_memory.h"
#include "app/cli/image_passes.h"
#include "app/cli/interrupt.h"
#include "app/cli/load_model.h"
#include "app/cli/progress.h"
#include "app/cli/refiner_options.h"
#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/latents.h"
#include "engine/diffusion/passes.h"
#include "engine/diffusion/prompt/textual_inversion.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/io/library/model_hash.h"
#include "engine/io/library/model_ref.h"
#include "engine/io/library/side_files.h"
#include "engine/telemetry/memory.h"

namespace diptych::cli {
namespace {

using namespace diffusion;

struct GenerateOptions {
  std::string model, vae, prediction, quantize, out, sampler, schedule, rng = "philox", init_latents, dump_latents;
  std::string prompts;  // a file
  std::string negative;
  std::vector<std::string> text_encoders;
  bool negative_given = false, plain_prompt = false, json = false;
  double guidance = -1;
  int clip_skip = 1;  // as users count: 1 is the last layer
  std::vector<std::string> embeddings;
  ImageRequest request;
  ControlOptions control;
  RefinerOptions refiner;
  ImagePassOptions passes;
  ImageMemoryOptions memory;
  AdapterOptions adapters;
  EngineOptions engine;
};

void complete_request(Context& ctx, const ImageModel& model, const GenerateOptions& options, ImagePasses& passes,
                      ImageRequest& request) {
  request.prompt_syntax = !options.plain_prompt;
  if (options.negative_given) request.negative = options.negative;
  if (options.guidance >= 0) request.guidance_scale = options.guidance;
  request.clip_skip = options.clip_skip - 1;
  if (!options.sampler.empty()) {
    const SamplerChoice choice = parse_sampler(options.sampler);
    request.sampler = choice.sampler;
    request.schedule = choice.schedule;
  }
  if (!options.schedule.empty()) request.schedule = parse_named_schedule(options.schedule);
  if (request.schedule && !request.sampler) {
    throw Error(ErrorCategory::invalid_argument, "cannot use schedule", options.schedule,
                "the model's own scheduler has its own", "name a sampler as well: --sampler euler");
  }
  passes.prepare(ctx, model, request);
  request = completed(model, request);  // before anything is computed
  if (!options.init_latents.empty()) {
    request.init_latents = read_latents(ctx, model, options.init_latents, request.width, request.height);
  }
  request.keep_steps = !options.dump_latents.empty();
}

// Those that the prompts name included.
std::vector<ChosenAdapter> chosen_adapters(const GenerateOptions& options, const ImageRequest& request) {
  const std::filesystem::path path = resolve_model(options.model, ModelKind::image);
  std::vector<ChosenAdapter> adapters = options.adapters.chosen(path);
  for (ChosenAdapter& one : prompt_adapters(request, path)) adapters.push_back(std::move(one));
  return adapters;
}

std::vector<std::filesystem::path> chosen_embeddings(const GenerateOptions& options, const ImageRequest& request) {
  const std::filesystem::path path = resolve_model(options.model, ModelKind::image);
  std::vector<std::filesystem::path> embeddings = prompt_embeddings(request, path);
  for (const std::string& name : options.embeddings) {
    const std::filesystem::path chosen = resolve_side_file(ModelKind::embedding, name, path);
    std::erase(embeddings, chosen);  // of two words that are called the same the later one counts
    embeddings.push_back(chosen);
  }
  return embeddings;
}

// What is loaded beside the model: control models and image prompts, adapters and embeddings. `adapted`: what the model
// has on.
void equip(Context& ctx, ImageModel& model, const ImageStreaming& streaming, const GenerateOptions& options,
           ImageRequest& request, const std::vector<ChosenAdapter>& adapted) {
  options.control.complete(ctx, options.model, streaming, request);
  request = completed(model, request);
  if (const std::vector<ChosenAdapter> adapters = chosen_adapters(options, request); adapters != adapted) {
    const AdapterReport report = apply_adapters(ctx, model, adapters, options.adapters.adapter_mode());
    if (!ctx.is_meta()) tell_absent(report);
  }
  set_embeddings(ctx, model, chosen_embeddings(options, request));
}

Recipe recipe_of(const GenerateOptions& options, const ImageRequest& request) {
  Recipe recipe;
  recipe.program = "Diptych";
  recipe.engine_version = DIPTYCH_VERSION;
  recipe.prompt = request.prompt;
  recipe.negative_prompt = request.negative.value_or("");
  if (options.plain_prompt) recipe.plain_prompt = true;
  const auto name = [](const std::string& path) { return std::filesystem::path(path).filename().string(); };
  recipe.model.name = name(options.model);
  recipe.vae.name = name(options.vae);
  for (const std::string& encoder : options.text_encoders) recipe.text_encoders.push_back({name(encoder), ""});
  recipe.prediction = options.prediction;
  recipe.quantize = options.quantize;
  recipe.wildcard_seed = request.wildcard_seed;
  recipe.rng = options.rng;
  recipe.sampler = options.sampler;
  recipe.schedule = options.schedule;
  recipe.eta = request.eta;
  recipe.flow_shift = request.flow_shift;
  recipe.steps = request.steps;
  recipe.width = static_cast<int>(request.width);
  recipe.height = static_cast<int>(request.height);
  recipe.guidance = request.guidance.scale;
  if (request.guidance.rescale > 0) recipe.guidance_rescale = request.guidance.rescale;
  if (request.guidance.begin > 0) recipe.guidance_begin = request.guidance.begin;
  if (request.guidance.end < 1) recipe.guidance_end = request.guidance.end;
  recipe.clip_skip = options.clip_skip;
  if (request.text_tokens > 0) recipe.text_tokens = static_cast<int>(request.text_tokens);
  if (request.init_image) {
    recipe.init = RecipeInit{.image = {name(options.passes.init_image), ""},
                             .mask = {name(options.passes.mask), ""},
                             .strength = request.strength};
  }
  options.control.describe(request, recipe);
  options.refiner.describe(recipe);
  return recipe;
}

void dump(Context& ctx, const ImageModel& model, const std::string& path, const ImageResult& result) {
  const bool packed = holds_packed_latents(model.family);
  const auto held = [&](const Tensor& latents) { return packed ? pack_latents(ctx, latents) : latents; };
  const Tensor last = held(result.latents);
  // Second passes are made image by image: all steps of one, then all of the next.
  const std::vector<Tensor>& kept = result.latents_per_step;
  const size_t images =
      kept.empty() || kept.front().dim(0) == result.latents.dim(0) ? 1 : static_cast<size_t>(result.latents.dim(0));
  const size_t count = kept.size() / images;
  std::vector<int64_t> extents{static_cast<int64_t>(count)};
  extents.insert(extents.end(), last.shape().extents().begin(), last.shape().extents().end());
  Tensor steps = ctx.output(Shape(std::span<const int64_t>(extents)));
  float* next = steps.data<float>();
  for (size_t step = 0; step < count; ++step) {
    for (size_t image = 0; image < images; ++image) {
      next = std::ranges::copy(held(kept[image * count + step]).span<float>(), next).out;
    }
  }
  write_tensors(path, {{"latents", last}, {"latents_per_step", steps}});
}

double rate(double amount, double seconds) {
  return seconds > 0 ? amount / seconds / 1e9 : 0;
}

nlohmann::ordered_json phase_json(const ImagePhase& phase) {
  return {{"seconds", phase.seconds},
          {"gflop_s", rate(phase.cost.flops, phase.seconds)},
          {"bandwidth_gb_s", rate(phase.cost.bytes(), phase.seconds)}};
}

// What came to no numbers and was computed again.
void report_redone(const ImageResult& result) {
  if (result.redone_text) std::fprintf(stderr, "the prompt came to no numbers and was encoded again in f32\n");
  for (const int step : result.redone_steps) {
    std::fprintf(stderr, "step %d came to no numbers and was computed again in f32\n", step);
  }
  if (result.redone_picture) std::fprintf(stderr, "the picture came to no numbers and was decoded again in f32\n");
}

// All that a command made, of one prompt or of several.
struct Made {
  std::vector<std::string> files;
  std::vector<uint64_t> seeds;
  ImageResult sum;                     // times and costs of all runs, the largest peaks; no pictures
  std::vector<ChosenAdapter> adapted;  // what the model has on
  std::shared_ptr<const ImageModel> refiner;
  std::string model_hash, vae_hash, refiner_hash;
};

void report(const GenerateOptions& options, const Made& made, const PlannedModel& planned) {
  const ImageResult& result = made.sum;
  const int64_t peak_bytes = std::max(result.peak_bytes(), planned.loading_peak_bytes),
                predicted_bytes = planned.plan.peak_bytes(),
                resident_bytes = telemetry::read_system_memory().resident_peak_bytes;
  const std::vector<std::string>& files = made.files;
  const std::vector<uint64_t>& seeds = made.seeds;
  const double per_step = result.denoising.seconds / std::max(1, result.evaluations);
  if (options.json) {
    const nlohmann::ordered_json document{{"images", files},
                                          {"seeds", seeds},
                                          {"evaluations", result.evaluations},
                                          {"seconds_per_step", per_step},
                                          {"text_encoder", phase_json(result.text)},
                                          {"denoiser", phase_json(result.denoising)},
                                          {"vae_decode", phase_json(result.decoding)},
                                          {"peak_memory_bytes", peak_bytes},
                                          {"predicted_memory_bytes", predicted_bytes},
                                          {"resident_peak_bytes", resident_bytes},
                                          {"redone_steps", result.redone_steps},
                                          {"reused_evaluations", result.reused_evaluations}};
    std::printf("%s\n", json_text(document, 2).c_str());
    return;
  }
  for (const std::string& file : files) std::printf("%s\n", file.c_str());
  std::fprintf(
      stderr,
      "seed %llu; %.2f s per step at %.0f GFLOP/s, decoded in %.1f s; peak memory %s, predicted %s, process %s\n",
      static_cast<unsigned long long>(seeds.front()), per_step,
      rate(result.denoising.cost.flops, result.denoising.seconds), result.decoding.seconds,
      human_bytes(static_cast<uint64_t>(peak_bytes)).c_str(),
      human_bytes(static_cast<uint64_t>(predicted_bytes)).c_str(),
      human_bytes(static_cast<uint64_t>(resident_bytes)).c_str());
}

// The prompt given, or the lines of the file; empty ones are none.
std::vector<std::string> prompts_of(const GenerateOptions& options) {
  if (options.prompts.empty()) return {options.request.prompt};
  std::vector<std::string> prompts;
  std::istringstream lines(read_text_file(options.prompts));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) prompts.push_back(line);
  }
  if (prompts.empty()) {
    throw Error(ErrorCategory::invalid_argument, "cannot make pictures of prompts", options.prompts,
                "the file has no line that is not empty", "write a prompt on each line");
  }
  return prompts;
}

// Of a large file it takes seconds, once: when the pictures are made, so that they are not later for it.
std::string hash_for_recipe(const std::filesystem::path& model, ProgressLine& line, const CancelToken& cancel) {
  if (!known_model_hash(model, KnownHashes())) line.show("hashing " + model.filename().string());
  std::string hash;
  try {
    hash = model_hash(model, cancel);
  } catch (const Error&) {  // interrupted, or no longer there: the pictures are worth more
  }
  line.clear();
  return hash;
}

// A picture that cannot be written was made in vain: what makes it again is told.
void save(const std::string& path, const Image8& picture, const Recipe& recipe) {
  try {
    write_image(path, picture,
                {.parameters = write_parameters(recipe),
                 .recipe = write_recipe(recipe),
                 .source = DigitalSource::trained_model});
  } catch (const Error& error) {
    throw Error(error.category(), error.action(), error.thing(), error.why(),
                error.to_do() + ", with --seed " + std::to_string(*recipe.seed) + " for the same picture");
  }
}

// Adds the pictures of one prompt to what was made. The model is loaded for the first one.
void make_of_prompt(Context& ctx, const GenerateOptions& options, const std::string& prompt, uint64_t seed,
                    NoiseKind kind, std::optional<PlannedModel>& planned, Made& made) {
  ImagePasses passes(options.passes, kind, seed);
  const auto complete = [&](const ImageModel& known) {
    ImageRequest request = options.request;
    request.prompt = prompt;
    request.wildcard_seed = seed;
    complete_request(ctx, known, options, passes, request);
    return request;
  };
  const auto equip_for = [&](Context& into, ImageModel& known, const ImageStreaming& streaming, ImageRequest& request) {
    std::shared_ptr<const ImageModel> of_meta;
    options.refiner.complete(into, options.quantize, streaming, into.is_meta() ? of_meta : made.refiner, request);
    equip(into, known, streaming, options, request, made.adapted);
  };
  if (planned) {
    planned->request = {};
    planned->request = complete(planned->model);
    apply(planned->plan.savings, planned->request);
    equip_for(ctx, planned->model, streaming_of(planned->plan.savings), planned->request);
  } else {
    const ModelRef ref{.path = options.model,
                       .vae = options.vae,
                       .text_encoders = {options.text_encoders.begin(), options.text_encoders.end()},
                       .prediction = options.prediction,
                       .quantize = options.quantize};
    planned = load_planned(
        ctx, ref, options.memory,
        {complete, [&](const ImageModel& known, const ImageRequest& request) { return passes.largest(known, request); },
         equip_for});
  }
  ImageModel& model = planned->model;
  const ImageRequest& request = planned->request;
  made.adapted = chosen_adapters(options, request);
  const std::vector<RecipeAdapter> adapters = recipe_adapters(made.adapted, ctx.cancel);
  const std::vector<RecipeFile> embeddings = recipe_embeddings(chosen_embeddings(options, request), ctx.cancel);
  ProgressLine line;
  const auto start = std::chrono::steady_clock::now();
  const ImageResult result = passes.run(ctx, model, request, [&](const ImageStep& step) {
    if (step.step == 0) return;
    const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    char text[96];
    std::snprintf(text, sizeof text, "step %d of %d, %.0f s left", step.step, step.steps,
                  spent / step.step * (step.steps - step.step));
    line.show(options.prompts.empty() ? text : "picture " + std::to_string(made.files.size() + 1) + ", " + text);
  });
  line.clear();
  report_redone(result);
  if (made.files.empty()) {
    const std::filesystem::path path = resolve_model(options.model, ModelKind::image);
    made.model_hash = hash_for_recipe(path, line, ctx.cancel);
    if (!options.refiner.model.empty()) {
      made.refiner_hash = hash_for_recipe(resolve_model(options.refiner.model, ModelKind::image), line, ctx.cancel);
    }
    if (!options.vae.empty()) {
      const std::filesystem::path vae = resolve_side_file(ModelKind::autoencoder, options.vae, path);
      made.vae_hash = hash_for_recipe(vae, line, ctx.cancel);
    }
  }
  const auto first = static_cast<int64_t>(made.files.size());
  for (int64_t i = 0; i < request.images; ++i) {
    Recipe recipe = recipe_of(options, request);
    passes.describe(i, recipe);
    if (!request.classes.empty()) recipe.classes = {request.classes[static_cast<size_t>(i)]};
    recipe.adapters = adapters;
    recipe.embeddings = embeddings;
    recipe.model.hash = made.model_hash;
    recipe.vae.hash = made.vae_hash;
    if (recipe.refiner) recipe.refiner->model.hash = made.refiner_hash;
    made.files.push_back(numbered(options.out, first + i).string());
    made.seeds.push_back(*recipe.seed);
    save(made.files.back(), passes.finished(picture_of(result.images, i)), recipe);
  }
  if (!options.dump_latents.empty()) dump(ctx, model, options.dump_latents, result);
  add_pass(made.sum, result);
}

void run_generate(const GenerateOptions& options) {
  Context ctx = options.engine.make_context();
  ctx.cancel = cancel_on_interrupt();
  if (ctx.is_meta()) {
    throw Error(ErrorCategory::unsupported, "cannot make images on device", "meta", "it computes no values",
                "use --device cpu");
  }
  image_format_of_name(options.out);  // refused before anything is computed
  const std::vector<std::string> prompts = prompts_of(options);
  const NoiseKind kind = parse_noise_kind(options.rng);
  const uint64_t seed =
      options.engine.seed >= 0 ? static_cast<uint64_t>(options.engine.seed) : static_cast<uint64_t>(fresh_seed());
  Made made;
  std::optional<PlannedModel> planned;
  for (const std::string& prompt : prompts) {
    make_of_prompt(ctx, options, prompt, seed + made.files.size(), kind, planned, made);
  }
  report(options, made, *planned);
}

}  // namespace

void add_generate(CLI::App& root) {
  auto options = std::make_shared<GenerateOptions>();
  ImageRequest& request = options->request;
  CLI::App* command = root.add_subcommand("generate", "Make pictures from a prompt");
  command->add_option("model", options->model, "A diffusers pipeline folder, a checkpoint (safetensors) or a GGUF file")
      ->required();
  command->add_option("-p,--prompt", request.prompt,
                      "What the picture shows, in A1111's syntax: (x:1.3), [a:b:0.5], …");
  command
      ->add_option("--prompts", options->prompts, "Text file of prompts, one a line: the model is loaded once for all")
      ->excludes("--prompt");
  CLI::Option* negative = command->add_option("--negative", options->negative, "What it does not show");
  command->add_flag("--plain-prompt", options->plain_prompt, "Brackets and bars in prompts are text");
  command->add_option("--class", request.classes, "Class labels, an image each, of class-conditional models");
  command->add_option("--steps", request.steps, "Steps (default: the model's usual number)")
      ->check(CLI::Range(1, 10000));
  command->add_option("--guidance", options->guidance, "Guidance scale (default: the model's usual one)")
      ->check(CLI::Range(0.0, 1000.0));
  command->add_option("--guidance-rescale", request.guidance.rescale, "0 to 1, against overexposure")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--guidance-begin", request.guidance.begin, "Guided from this part of the run on")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--guidance-end", request.guidance.end, "Guided up to this part of the run")
      ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--sequential-guidance", request.sequential_guidance,
                    "One half of the batch after the other: slower, half the memory");
  command->add_option("--sampler", options->sampler,
                      "euler, euler_a, dpmpp_2m, … (default: the model's own scheduler)");
  command->add_option("--schedule", options->schedule, "normal, karras, exponential, sgm_uniform, simple, beta, …");
  command->add_option("--eta", request.eta, "Share of fresh noise, of samplers that add some");
  command->add_option("--flow-shift", request.flow_shift, "Of flows: towards the noisy end (default: the model's own)")
      ->check(CLI::Range(0.01, 100.0));
  command->add_option("--rng", options->rng, "Noise as of philox, torch-cpu or torch-cuda")->capture_default_str();
  command->add_option("--width", request.width, "Pixels (default: the size the model was trained on)")
      ->check(CLI::Range(1, 1 << 16));
  command->add_option("--height", request.height, "Pixels")->check(CLI::Range(1, 1 << 16));
  command->add_option("--batch", request.images, "Images at once, with the seeds that follow")
      ->check(CLI::Range(1, 64));
  command->add_option("--strength", request.strength, "How much of it is changed, 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--vae", options->vae, "Another autoencoder: its folder, or a file that holds one");
  command->add_option("--text-encoder", options->text_encoders,
                      "A text encoder that the model's file lacks: folder or file; may be given again");
  command->add_option("--prediction", options->prediction, "What the model predicts, where its file does not say it")
      ->check(CLI::IsMember({"epsilon", "v_prediction"}));
  add_quantize_option(*command, options->quantize);
  options->adapters.add_to(*command);
  command->add_option("--embedding", options->embeddings,
                      "Textual inversion: a file whose name is a word of the prompt; repeatable");
  command->add_option("--clip-skip", options->clip_skip, "CLIP's layer to take, counted from the last, which is 1")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--text-tokens", request.text_tokens, "Tokens that T5 reads (default: the model's usual number)")
      ->check(CLI::Range(1, 4096));
  command->add_option("--init-latents", options->init_latents, "Safetensors file: unit noise 'latents' to start from");
  command
      ->add_option("--dump-latents", options->dump_latents, "Safetensors file to write latents and latents_per_step to")
      ->excludes("--prompts");
  command->add_option("-o,--out", options->out, "Picture to write: .png, .jpg or .webp")->required();
  command->add_flag("--json", options->json, "Print one JSON document");
  options->control.add_to(*command, request);
  options->refiner.add_to(*command);
  options->passes.add_to(*command);
  for (const char* latents : {"--init-latents", "--dump-latents"}) {
    command->get_option(latents)->excludes("--upscale");  // which has them tile by tile, or none
  }
  options->memory.add_to(*command);
  options->engine.add_to(*command);
  command->callback([options, negative] {
    options->negative_given = negative->count() > 0;
    run_generate(*options);
  });
}

}  // namespace diptych::cli
