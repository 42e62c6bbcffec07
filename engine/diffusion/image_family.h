// Families of image models: they differ in how a prompt becomes what the denoiser is conditioned on, and in what it is
// told beside.
#pragma once

namespace diptych::diffusion {

enum class ImageFamily {
  stable_diffusion,  // 1.x, 2.x: one CLIP
  sdxl,              // two CLIPs, their pooled text, sizes
  sd3,               // two CLIPs and T5
  flux,              // CLIP's pooled text, T5
  pixart,            // T5 with its mask
  z_image,           // a language model that is shown the prompt as a user's message
  qwen_image,        // a language model that is asked to describe the prompt's image
  causal_text,       // a layer of a language model, PixArt's denoiser: Diptych's own
  dit,               // class labels
};

// Whether the family's pipelines in diffusers hold latents as tokens of 2 x 2 (latents.h).
inline bool holds_packed_latents(ImageFamily family) {
  return family == ImageFamily::flux || family == ImageFamily::qwen_image;
}

}  // namespace diptych::diffusion
