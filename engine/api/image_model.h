// Image models: what one takes and what it makes of itself, and the files that may be used with it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/fields.h"

namespace diptych::api {

struct ImageSize {
  int width = 0, height = 0;

  bool operator==(const ImageSize&) const = default;
};

struct NamedChoice {
  std::string name;   // what settings say: "dpmpp_2m"
  std::string title;  // for people: "DPM++ 2M"
};

struct ImageTextEncoder {
  std::string name;  // "CLIP", "T5"
  int window = 0;    // tokens of a prompt that it reads at once, its own marks left out
};

struct ImageModelInfo {  // GET /api/images/models/{id}
  std::string id;
  std::string family;    // "stable_diffusion", "sdxl", "sd3", "flux", "pixart", "dit", …
  std::string pipeline;  // diffusers' class
  int width = 0, height = 0, steps = 0;
  double guidance = 0;
  std::vector<ImageSize> sizes;  // usual ones of the family, the model's own first
  int side_multiple = 8;         // both sides are multiples of it
  bool uses_prompt = true;
  bool uses_negative = true;
  bool uses_guidance = true;
  std::optional<double> flow_shift;  // its own, for pictures of its usual size; none: its noise is no flow
  bool is_inpainting = false;        // made for masks
  int classes = 0;                   // of class-conditional models; 0: none
  std::vector<ImageTextEncoder> encoders;
  std::vector<NamedChoice> samplers, schedules, rngs;
  std::vector<NamedChoice> pag_layers;  // blocks whose attention can be perturbed; none: it cannot
  int64_t weights_bytes = 0;            // in memory
};

enum class ImageFileKind { adapter, vae, control, embedding, upscaler, text_encoder, image_prompt, image_encoder };
template <>
struct EnumNames<ImageFileKind> {
  static constexpr std::array<const char*, 8> names{"adapter",  "vae",          "control",      "embedding",
                                                    "upscaler", "text_encoder", "image_prompt", "image_encoder"};
};

struct ImageFile {
  std::string name;  // what settings name it by: as ModelInfo's id
  ImageFileKind kind = ImageFileKind::adapter;
  std::string path;
  std::string origin;  // as ModelInfo's
  int64_t size_bytes = 0;
};

struct ImageFiles {  // GET /api/images/files
  std::vector<ImageFile> files;
};

template <typename V>
void fields(V& v, ImageSize& x) {
  v("width", x.width);
  v("height", x.height);
}

template <typename V>
void fields(V& v, NamedChoice& x) {
  v("name", x.name);
  v("title", x.title);
}

template <typename V>
void fields(V& v, ImageTextEncoder& x) {
  v("name", x.name);
  v("window", x.window);
}

template <typename V>
void fields(V& v, ImageModelInfo& x) {
  v("id", x.id);
  v("family", x.family);
  v("pipeline", x.pipeline);
  v("width", x.width);
  v("height", x.height);
  v("steps", x.steps);
  v("guidance", x.guidance);
  v("sizes", x.sizes);
  v("side_multiple", x.side_multiple);
  v("uses_prompt", x.uses_prompt);
  v("uses_negative", x.uses_negative);
  v("uses_guidance", x.uses_guidance);
  v("flow_shift", x.flow_shift);
  v("is_inpainting", x.is_inpainting);
  v("classes", x.classes);
  v("encoders", x.encoders);
  v("samplers", x.samplers);
  v("schedules", x.schedules);
  v("rngs", x.rngs);
  v("pag_layers", x.pag_layers);
  v("weights_bytes", x.weights_bytes);
}

template <typename V>
void fields(V& v, ImageFile& x) {
  v("name", x.name);
  v("kind", x.kind);
  v("path", x.path);
  v("origin", x.origin);
  v("size_bytes", x.size_bytes);
}

template <typename V>
void fields(V& v, ImageFiles& x) {
  v("files", x.files);
}

}  // namespace diptych::api
