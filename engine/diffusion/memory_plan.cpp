#include "engine/diffusion/memory_plan.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/gigabytes.h"
#include "engine/diffusion/image_run.h"

namespace diptych::diffusion {
namespace {

class NoNoise final : public NoiseSource {
 public:
  void fill_normal(std::span<float>) override {}
};

Tensor on_meta(Context& ctx, const Tensor& x) {
  return x ? ctx.output(x.shape(), x.dtype()) : x;
}

// The weights of a model on meta, by what decides on them.
struct MetaModel {
  Context ctx;
  ImageModel model;
  ImageRequest request;
  int64_t loading_bytes = 0;
};

MemoryPlan measured(MetaModel& meta, const MemorySavings& savings) {
  ImageRequest request = meta.request;
  apply(savings, request);
  NoNoise noise;
  const ImageResult result = make_images(meta.ctx, meta.model, request, noise, [](const ImageStep&) {});
  return {savings, meta.loading_bytes, result.text.peak_bytes, result.denoising.peak_bytes, result.decoding.peak_bytes};
}

MetaModel loaded(const MemoryQuestion& question, const MemorySavings& savings) {
  MetaModel meta{Context(meta_device, question.threads), {}, question.request};
  for (Tensor* picture :
       {&meta.request.init_image, &meta.request.mask, &meta.request.init_latents, &meta.request.init_image_latents}) {
    *picture = on_meta(meta.ctx, *picture);
  }
  meta.model = question.load(meta.ctx, streaming_of(savings));
  if (question.equip) question.equip(meta.ctx, meta.model, streaming_of(savings), meta.request);
  meta.loading_bytes = meta.ctx.arena()->use().total_peak_bytes;
  return meta;
}

// Savings are tried in this order: a later one is slower than all before it together. Tiles cost a third of one decode,
// halves of a batch some percent of every step, streaming a reading of the file at every step, of which a refiner makes
// few.
constexpr unsigned all_savings = 32;  // their number

MemorySavings savings_of(unsigned number) {
  return {.stream_ends = (number & 1) != 0,
          .sequential_guidance = (number & 4) != 0,
          .tiled_autoencoder = (number & 2) != 0,
          .stream_denoiser = (number & 16) != 0,
          .stream_refiner = (number & 8) != 0};
}

bool includes(const MemorySavings& all, const MemorySavings& some) {
  return (all.stream_ends || !some.stream_ends) && (all.sequential_guidance || !some.sequential_guidance) &&
         (all.tiled_autoencoder || !some.tiled_autoencoder) && (all.stream_denoiser || !some.stream_denoiser) &&
         (all.stream_refiner || !some.stream_refiner);
}

[[noreturn]] void refuse_run(const MemoryQuestion& question, const MemoryPlan& least, int64_t limit_bytes) {
  const ImageRequest& request = question.request;
  throw Error(ErrorCategory::out_of_memory, "cannot make images", question.model,
              "with everything that saves memory it needs " + gigabytes(least.peak_bytes()) + " (loading " +
                  gigabytes(least.loading_bytes) + ", prompt " + gigabytes(least.text_bytes) + ", steps " +
                  gigabytes(least.denoising_bytes) + ", picture " + gigabytes(least.decoding_bytes) + "), " +
                  gigabytes(limit_bytes) + " are free",
              request.images > 1 ? "make one image at a time, or a smaller one"
                                 : "make a smaller image, choose a smaller model, or close other programs");
}

// As much of the denoiser in memory as the limit leaves beside the plan's peak; less where packing it takes more.
MemoryPlan with_resident_part(const MemoryQuestion& question, MemoryPlan plan, int64_t limit_bytes) {
  MemorySavings savings = plan.savings;
  savings.resident_bytes = limit_bytes - plan.peak_bytes();
  while (savings.resident_bytes > 0) {
    const MemoryPlan with = predicted_memory(question, savings);
    if (with.peak_bytes() <= limit_bytes) return with;
    savings.resident_bytes -= with.peak_bytes() - limit_bytes;
  }
  return plan;
}

}  // namespace

int64_t MemoryPlan::peak_bytes() const {
  return std::max({loading_bytes, text_bytes, denoising_bytes, decoding_bytes});
}

std::string savings_text(const MemorySavings& savings) {
  std::string text;
  const auto add = [&](bool saved, const char* what) {
    if (saved) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(savings.stream_ends, "text encoders and autoencoder read when they are used");
  add(savings.sequential_guidance, "guidance one half after the other");
  add(savings.tiled_autoencoder, "autoencoder in tiles");
  add(savings.stream_refiner, "refiner read from its file at its steps");
  add(savings.stream_denoiser && savings.resident_bytes == 0, "denoiser read from its file at every step");
  add(savings.stream_denoiser && savings.resident_bytes > 0, "a part of the denoiser read from its file at every step");
  return text;
}

void apply(const MemorySavings& savings, ImageRequest& request) {
  request.sequential_guidance = request.sequential_guidance || savings.sequential_guidance;
  request.tiled_autoencoder = request.tiled_autoencoder || savings.tiled_autoencoder;
}

ImageStreaming streaming_of(const MemorySavings& savings) {
  return {.ends = savings.stream_ends,
          .denoiser = savings.stream_denoiser,
          .resident_bytes = savings.resident_bytes,
          .refiner = savings.stream_refiner};
}

MemoryPlan predicted_memory(const MemoryQuestion& question, const MemorySavings& savings) {
  MetaModel meta = loaded(question, savings);
  return measured(meta, savings);
}

MemoryPlan plan_memory(const MemoryQuestion& question, int64_t limit_bytes, const MemorySavings& least) {
  MemoryPlan plan;
  std::vector<std::pair<MemorySavings, std::shared_ptr<MetaModel>>> models;  // by what is streamed
  for (unsigned number = 0; number < all_savings; ++number) {
    const MemorySavings savings = savings_of(number);
    if (!includes(savings, least)) continue;
    const bool refined = models.empty() || models.front().second->request.refiner;
    if (savings.stream_refiner && !least.stream_refiner && !refined) continue;
    const MemorySavings weights{.stream_ends = savings.stream_ends,
                                .stream_denoiser = savings.stream_denoiser,
                                .stream_refiner = savings.stream_refiner};
    auto known = std::ranges::find_if(models, [&](const auto& one) { return one.first == weights; });
    if (known == models.end()) {
      models.emplace_back(weights, std::make_shared<MetaModel>(loaded(question, weights)));
      known = models.end() - 1;
    }
    plan = measured(*known->second, savings);
    if (plan.peak_bytes() > limit_bytes) continue;
    if (!savings.stream_denoiser || least.stream_denoiser) return plan;
    // What is free beside the largest phase holds a part of the denoiser; without it that part would need as much.
    return with_resident_part(question, plan, limit_bytes);
  }
  refuse_run(question, plan, limit_bytes);
}

}  // namespace diptych::diffusion
