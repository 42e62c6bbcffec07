// Sizes of a PixArt transformer, from config.json.
#pragma once

#include "engine/model/model_source.h"

namespace diptych::models {

struct PixArtConfig {
  int64_t layers = 0, heads = 0, head_dim = 0;
  int64_t in_channels = 0, out_channels = 0, patch = 0;
  int64_t sample_size = 0;
  int64_t text_width = 0;         // of the text encoder
  bool projects_text = false;     // to the width, before the blocks
  bool size_conditioned = false;  // alpha at 1024 pixels: resolution and aspect ratio are inputs
  float interpolation = 1;        // of places
  float norm_eps = 1e-6f;

  int64_t width() const { return heads * head_dim; }
  int64_t key_width() const { return projects_text ? width() : text_width; }
};

// Error: invalid_file, unsupported (norms with parameters, other attentions or activations than PixArt's).
PixArtConfig pixart_config(const ModelSource& source);

}  // namespace diptych::models
