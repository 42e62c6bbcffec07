// diptych bench image: a denoising step, the decoding of an image, the encoding of a prompt.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/adapter_options.h"
#include "app/cli/bench.h"
#include "app/cli/bench_preview.h"
#include "app/cli/interrupt.h"
#include "app/cli/load_model.h"
#include "app/cli/progress.h"
#include "engine/bench/statistics.h"
#include "engine/core/error.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/noise/image_noise.h"

namespace diptych::cli {
namespace {

using namespace diffusion;

struct BenchImageOptions {
  std::string model, device = "cpu", quantize, cache, vae, preview_vae;
  bool preview = false;
  AdapterOptions adapters;
  std::vector<std::string> text_encoders;
  ImageRequest request;
  int repeats = 3;
  uint64_t seed = 1;
  BenchThreads threads;
  BenchOutput output;
};

bench::ordered_json describe_image_model(const ImageModel& model, const std::string& path, const Context& ctx) {
  int64_t text_parameters = 0;
  for (const TextPart& part : model.texts) text_parameters += part.encoder ? part.encoder->info().parameters : 0;
  return {{"path", path},
          {"pipeline", model.pipeline},
          {"denoiser_parameters", model.denoiser->info().parameters},
          {"vae_parameters", model.autoencoder->info().parameters},
          {"text_encoder_parameters", text_parameters},
          {"weight_bytes", ctx.arena()->use().bytes[static_cast<size_t>(Owner::weights)]}};
}

// A tiny autoencoder of the model's latents.
std::unique_ptr<ImageAutoencoder> load_previewer(Context& ctx, const std::string& name, const ImageModel& model) {
  auto previewer = load_model(ctx, name).autoencoder;
  const int64_t channels = model.autoencoder->info().latent_channels;
  if (!previewer || previewer->info().latent_channels != channels) {
    throw Error(ErrorCategory::invalid_argument, "cannot make previews with", name,
                "it is no autoencoder of latents with " + std::to_string(channels) + " channels",
                "choose one that was made for this family");
  }
  return previewer;
}

// Of a step's picture, and the share of a step that it takes.
bench::ordered_json preview_row(const char* component, const PreviewTimes& times, double step_seconds,
                                const BenchImageOptions& options, const kernels::bench::Roofline& roofline) {
  const bench::Summary time = bench::summarize(times.seconds);
  bench::ordered_json row{{"component", component},
                          {"width", options.request.width},
                          {"height", options.request.height},
                          {"batch", 1},
                          {"threads", roofline.threads},
                          {"device", options.device},
                          {"repeat", options.repeats},
                          {"seconds_per_step", time.mean},
                          {"seconds_per_step_stddev", time.stddev},
                          {"samples", times.seconds}};
  add_achieved(row, bench::achieved(times.cost, time.mean, roofline));
  row["step_percent"] = 100 * time.mean / step_seconds;
  return row;
}

// One component of every repeat; `share`: of the phase's time and cost that one step is.
bench::ordered_json image_row(const char* component, const std::vector<ImagePhase>& phases, double share,
                              const BenchImageOptions& options, const kernels::bench::Roofline& roofline) {
  std::vector<double> seconds;
  seconds.reserve(phases.size());
  for (const ImagePhase& phase : phases) seconds.push_back(phase.seconds * share);
  const bench::Summary time = bench::summarize(seconds);
  Cost cost = phases.front().cost;
  for (double* part : {&cost.flops, &cost.int8_flops, &cost.weight_bytes, &cost.read_bytes, &cost.written_bytes}) {
    *part *= share;
  }
  bench::ordered_json row{{"component", component},
                          {"width", options.request.width},
                          {"height", options.request.height},
                          {"batch", options.request.images},
                          {"threads", roofline.threads},
                          {"device", options.device},
                          {"repeat", options.repeats},
                          {"seconds_per_step", time.mean},
                          {"seconds_per_step_stddev", time.stddev},
                          {"samples", seconds}};
  add_achieved(row, bench::achieved(cost, time.mean, roofline));
  row["peak_memory_bytes"] = phases.front().peak_bytes;
  return row;
}

// Of pictures of 0 … 1, in decibels; a hundred where they are equal.
double peak_signal_to_noise(const Tensor& exact, const Tensor& other) {
  double squares = 0;
  for (int64_t i = 0; i < exact.elements(); ++i) {
    const double difference = static_cast<double>(exact.data<float>()[i]) - other.data<float>()[i];
    squares += difference * difference;
  }
  const double mean = squares / static_cast<double>(exact.elements());
  return mean > 0 ? std::min(100.0, -10 * std::log10(mean)) : 100;
}

// The denoiser with a cache: how much faster all its steps are, and how near to the exact picture.
bench::ordered_json cache_row(Context& ctx, const ImageModel& model, const BenchImageOptions& options, int64_t values,
                              const std::vector<ImagePhase>& exact_phases, const Tensor& exact_picture,
                              const kernels::bench::Roofline& roofline) {
  ImageRequest request = options.request;
  request.cache = parse_step_cache(options.cache);
  std::vector<ImagePhase> phases;
  double steps = 1, likeness = 0;
  int reused = 0;
  for (int i = 0; i < options.repeats; ++i) {
    ImageNoise noise(NoiseKind::philox, options.seed, request.images, values);
    const ImageResult result = make_images(ctx, model, request, noise);
    phases.push_back(result.denoising);
    steps = result.evaluations;
    reused = result.reused_evaluations;
    likeness = peak_signal_to_noise(exact_picture, result.images);
  }
  const std::string name = "denoiser, " + step_cache_text(*request.cache);
  bench::ordered_json row = image_row(name.c_str(), phases, 1 / steps, options, roofline);
  double exact_seconds = 0, seconds = 0;
  for (const ImagePhase& phase : exact_phases)
    exact_seconds += phase.seconds / static_cast<double>(exact_phases.size());
  for (const ImagePhase& phase : phases) seconds += phase.seconds / static_cast<double>(phases.size());
  row["reused_steps"] = reused;
  row["speed_up"] = exact_seconds / seconds;
  row["psnr_db"] = likeness;
  return row;
}

void run_bench_image(BenchImageOptions options) {
  check_bench_device(options.device);
  std::string name = options.model;
  const std::vector<int> thread_counts = options.threads.counts(&name);
  ProgressLine progress;
  Context loading(parse_device(options.device));
  loading.cancel = cancel_on_interrupt();
  const ImageModel model =
      load_image_model(loading, {.path = name,
                                 .vae = options.vae,
                                 .text_encoders = {options.text_encoders.begin(), options.text_encoders.end()},
                                 .prediction = {},
                                 .quantize = options.quantize});
  if (!options.adapters.adapters.empty()) {
    const auto adapters = options.adapters.chosen(resolve_model(name, ModelKind::image));
    tell_absent(apply_adapters(loading, model, adapters, options.adapters.adapter_mode()));
  }
  std::unique_ptr<ImageAutoencoder> previewer;
  if (!options.preview_vae.empty()) previewer = load_previewer(loading, options.preview_vae, model);
  options.request.prompt = "a photograph of an astronaut riding a horse";
  options.request.guidance_scale = 1;  // a step is one batch through the denoiser
  if (model.family == ImageFamily::dit) {
    options.request.classes.assign(static_cast<size_t>(options.request.images), 0);
  }
  options.request = completed(model, options.request);
  const int64_t scale = model.autoencoder->info().scale;
  const int64_t values = model.latent_channels() * (options.request.height / scale) * (options.request.width / scale);

  bench::Report report{.benchmark = "image", .machine = bench::this_machine(), .rooflines = {}, .model = {}};
  report.model = describe_image_model(model, name, loading);
  for (const int threads : thread_counts) {
    progress.show("measuring what this machine can do", true);
    const auto roofline = report.roofline(threads);
    Context ctx(loading.arena(), std::make_shared<ThreadPool>(threads));
    ctx.cancel = loading.cancel;
    std::vector<ImagePhase> text, denoiser, decode;
    double steps = 1;
    Tensor picture, latents;
    for (int i = -1; i < options.repeats; ++i) {  // once unmeasured
      progress.show("image " + std::to_string(std::max(i, 0)) + " of " + std::to_string(options.repeats), true);
      ImageNoise noise(NoiseKind::philox, options.seed, options.request.images, values);
      const ImageResult result = make_images(ctx, model, options.request, noise);
      if (i < 0) continue;
      text.push_back(result.text);
      denoiser.push_back(result.denoising);
      decode.push_back(result.decoding);
      steps = result.evaluations;
      picture = result.images;
      latents = result.latents;
    }
    if (!model.texts.empty()) report.rows.push_back(image_row("text_encoder", text, 1, options, roofline));
    report.rows.push_back(image_row("denoiser", denoiser, 1 / steps, options, roofline));
    if (!options.cache.empty()) {
      report.rows.push_back(cache_row(ctx, model, options, values, denoiser, picture, roofline));
    }
    report.rows.push_back(image_row("vae_decode", decode, 1, options, roofline));
    const double step_seconds = report.rows[model.texts.empty() ? 0 : 1]["seconds_per_step"];
    if (options.preview) {
      report.rows.push_back(preview_row("preview", time_mapped_preview(ctx, model, latents, options.repeats),
                                        step_seconds, options, roofline));
    }
    if (previewer) {
      const Tensor first = latents.slice(0, 0, 1);
      report.rows.push_back(preview_row("preview, decoded",
                                        time_decoded_preview(ctx, *previewer, first, options.repeats), step_seconds,
                                        options, roofline));
    }
  }
  progress.clear();
  options.output.print(report, {{"component", "component"},
                                {"threads", "threads"},
                                {"seconds_per_step", "s per step", 3, "seconds_per_step_stddev"},
                                {"gflop_s", "GFLOP/s"},
                                {"bandwidth_gb_s", "GB/s"},
                                {"roofline_percent", "% of roofline"},
                                {"reused_steps", "steps that reused"},
                                {"speed_up", "speed-up", 2},
                                {"psnr_db", "PSNR dB", 1},
                                {"step_percent", "% of a step", 2}});
}

}  // namespace

void add_bench_image(CLI::App& bench) {
  auto options = std::make_shared<BenchImageOptions>();
  options->request.steps = 2;
  CLI::App* command = bench.add_subcommand("image", "Seconds per denoising step, decoded image and encoded prompt");
  command->add_option("model", options->model, "A diffusers pipeline folder, a checkpoint or a GGUF denoiser")
      ->required();
  command->add_option("--vae", options->vae, "Another autoencoder: its folder, or a file that holds one");
  command->add_option("--text-encoder", options->text_encoders,
                      "A text encoder beside, or in place of, the model's own: folder or file; may be given again");
  command->add_option("--width", options->request.width, "Pixels (default: the size the model was trained on)")
      ->check(CLI::Range(1, 1 << 16));
  command->add_option("--height", options->request.height, "Pixels")->check(CLI::Range(1, 1 << 16));
  command->add_option("--batch", options->request.images, "Images at once")->check(CLI::Range(1, 64));
  command->add_option("--steps", options->request.steps, "Denoising steps that are measured together")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option(
      "--cache", options->cache,
      "Also with work left out, its speed and likeness (with --steps 20 or more): first-block[:THRESHOLD], "
      "teacache[:THRESHOLD], deepcache[:INTERVAL]");
  add_quantize_option(*command, options->quantize);
  options->adapters.add_to(*command);
  command->add_flag("--preview", options->preview, "Also what showing a step takes");
  command->add_option("--preview-vae", options->preview_vae,
                      "The same with a whole picture of this autoencoder, a tiny one: its folder or file");
  command->add_option("--repeat", options->repeats, "Times that all is measured")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu or cuda:N")->capture_default_str();
  command->add_option("--seed", options->seed, "Seed of the noise")->capture_default_str();
  options->threads.add_to(*command);
  options->output.add_to(*command);
  command->callback([options] { run_bench_image(*options); });
}

}  // namespace diptych::cli
