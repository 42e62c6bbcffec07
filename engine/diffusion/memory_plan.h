// What a run will need in memory, before anything is loaded, and what to do where that is too much: the model's own
// code runs on the meta device, without and with what saves memory, from the least slow to the slowest.
#pragma once

#include <functional>
#include <string>

#include "engine/diffusion/image_model.h"
#include "engine/diffusion/image_request.h"

namespace diptych::diffusion {

struct MemorySavings {
  // Text encoders and autoencoder are read while they are used, once in a run: as long as loading them takes.
  bool stream_ends = false;
  bool sequential_guidance = false;  // one half of the batch after the other
  bool tiled_autoencoder = false;    // its large maps in bands, some of which are computed twice
  // The denoiser is read from the file at every step, except its first matrices, as many as fit; control models, too.
  bool stream_denoiser = false;
  int64_t resident_bytes = 0;
  // The refiner's denoiser is read from its file at each of its steps: the two are never in memory together.
  bool stream_refiner = false;

  bool any() const {
    return stream_ends || sequential_guidance || tiled_autoencoder || stream_denoiser || stream_refiner;
  }
  bool operator==(const MemorySavings&) const = default;
};

std::string savings_text(const MemorySavings& savings);  // "the text encoders … read when needed; …", or empty

struct MemoryPlan {
  MemorySavings savings;
  // Peaks of the arena, weights included.
  int64_t loading_bytes = 0, text_bytes = 0, denoising_bytes = 0, decoding_bytes = 0;
  int64_t peak_bytes() const;
};

struct MemoryQuestion {
  std::string model;  // for messages
  std::function<ImageModel(Context& ctx, const ImageStreaming& streaming)> load;
  ImageRequest request;  // its pictures may be on any device
  // What the run loads beside the model: adapters are put on it, control models go into the request. Null: nothing.
  std::function<void(Context& ctx, ImageModel& model, const ImageStreaming& streaming, ImageRequest& request)> equip =
      {};
  int threads = 0;  // scratch is per thread
};

MemoryPlan predicted_memory(const MemoryQuestion& question, const MemorySavings& savings);

// The least slow savings with which the run stays below the limit; `least`: what is saved in any case. Error
// (out_of_memory) where nothing helps, with the figures; and as load_image_model and completed.
MemoryPlan plan_memory(const MemoryQuestion& question, int64_t limit_bytes, const MemorySavings& least = {});

// As a plan says.
ImageStreaming streaming_of(const MemorySavings& savings);
void apply(const MemorySavings& savings, ImageRequest& request);

}  // namespace diptych::diffusion
