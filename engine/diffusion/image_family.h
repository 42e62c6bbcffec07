// Families of image models: they differ in how a prompt becomes what the denoiser is conditioned on, in what it is told
// beside, and in what their pipelines do by themselves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace diptych::diffusion {

enum class ImageFamily {
  stable_diffusion,  // 1.x, 2.x: one CLIP
  sdxl,              // two CLIPs, their pooled text, sizes
  sd3,               // two CLIPs and T5
  flux,              // CLIP's pooled text, T5
  pixart,            // T5 with its mask
  sana,              // Gemma 2 that is asked to enhance the prompt
  z_image,           // a language model that is shown the prompt as a user's message
  qwen_image,        // a language model that is asked to describe the prompt's image
  causal_text,       // a layer of a language model, PixArt's denoiser: Diptych's own
  dit,               // class labels
};

enum class TextKind { clip, t5, language_model };

struct TextSlot {
  TextKind kind;
  std::string name;  // for people: "CLIP-L"
  bool optional = false;
};

// What a user asks for who says nothing.
struct UsualRequest {
  int steps = 50;
  double guidance = 7.5;
  int64_t latent_side = 64;  // where the denoiser's configuration does not say it
};

struct FamilyTraits {
  ImageFamily family;
  std::string name;             // in the host's interface and in files
  std::vector<TextSlot> texts;  // in the pipeline's order
  UsualRequest usual;           // as the pipelines in diffusers
  int64_t language_tokens = 0;  // that the pipeline reads through a language model; 0: the model's window
  bool noise_levels = false;    // the pipeline tells the scheduler its noise levels: equal steps from 1 down
  bool packed_latents = false;  // diffusers holds latents as tokens of 2 x 2 (latents.h)
  bool begins_early = false;    // a part of a step that `strength` asks for is a whole one: 17 steps of 28 * 0.6
  bool of_one_size = false;     // small networks that saw one size alone make nothing of others
  // Guidance. A negative prompt takes part where there is a place for one and the scale, counted from `scale_offset`
  // on, exceeds 1.
  bool takes_negative = true;
  bool only_with_negative = false;  // no negative prompt is not an empty one, but no guidance
  double scale_offset = 0;          // 1 where the pipeline counts from the conditional prediction on
  bool keeps_lengths = false;       // guided predictions are as long as the conditional ones (Qwen-Image)
};

const FamilyTraits& traits_of(ImageFamily family);

inline bool holds_packed_latents(ImageFamily family) {
  return traits_of(family).packed_latents;
}

}  // namespace diptych::diffusion
