#include "app/cli/image_memory.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <utility>

#include "app/cli/load_model.h"
#include "app/cli/progress.h"
#include "engine/telemetry/memory.h"

namespace diptych::cli {
namespace {

using namespace diffusion;

// What the program takes beside the arena: its code, libraries, tokenizers, the picture's file.
constexpr int64_t beside_bytes = int64_t{150} << 20;

int64_t limit_of(const ImageMemoryOptions& options) {
  if (options.limit_gb > 0) return static_cast<int64_t>(options.limit_gb * 1e9);
  return telemetry::read_system_memory().available_bytes - beside_bytes;
}

}  // namespace

void ImageMemoryOptions::add_to(CLI::App& command) {
  command.add_flag("--low-memory", low_memory, "Save all memory that can be saved: slower, the same pictures");
  command.add_flag("--tiled-vae", tiled_vae, "Decode and encode in tiles: slower, a quarter of the memory, no seams");
  command.add_option("--memory-limit", limit_gb, "GB to stay below (default: what is free)")
      ->check(CLI::Range(0.01, 1e6));
}

PlannedModel load_planned(Context& ctx, const ModelRef& ref, const ImageMemoryOptions& options, const PlannedRun& run) {
  MemoryQuestion question{
      .model = ref.path.string(), .load = {}, .request = {}, .equip = run.equip, .threads = ctx.pool().threads()};
  question.load = [&](Context& into, const ImageStreaming& streaming) {
    return load_image_model(into, ref, streaming);
  };
  Context meta(meta_device, question.threads);
  ImageRequest request;
  {
    const ImageModel known = question.load(meta, {});
    request = run.complete(known);
    question.request = run.largest(known, request);
  }
  MemorySavings least;
  if (options.low_memory) least = {true, true, true, true, 0, true};
  if (options.tiled_vae) least.tiled_autoencoder = true;
  const int64_t limit = limit_of(options);
  PlannedModel planned;
  planned.request = std::move(request);
  planned.plan = plan_memory(question, limit, least);
  const MemorySavings& savings = planned.plan.savings;
  if (savings.any()) {
    const CancelToken cancel = ctx.cancel;
    ctx = Context(ctx.device(), question.threads, limit);
    ctx.cancel = cancel;
  }
  if (savings != least) {
    std::fprintf(stderr, "%s of memory are free; to stay within them: %s\n",
                 human_bytes(static_cast<uint64_t>(limit)).c_str(), savings_text(savings).c_str());
  }
  apply(savings, planned.request);
  planned.model = question.load(ctx, streaming_of(savings));
  run.equip(ctx, planned.model, streaming_of(savings), planned.request);
  planned.loading_peak_bytes = ctx.arena()->use().total_peak_bytes;
  return planned;
}

}  // namespace diptych::cli
