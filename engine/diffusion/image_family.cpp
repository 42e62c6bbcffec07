#include "engine/diffusion/image_family.h"

#include <array>
#include <cassert>

namespace diptych::diffusion {
namespace {

const std::array<FamilyTraits, 10>& all_families() {
  static const std::array<FamilyTraits, 10> families{{
      {.family = ImageFamily::stable_diffusion,
       .name = "stable_diffusion",
       .texts = {{TextKind::clip, "CLIP"}},
       .usual = {50, 7.5, 64}},
      // The first is optional, as the refiner has the second alone.
      {.family = ImageFamily::sdxl,
       .name = "sdxl",
       .texts = {{TextKind::clip, "CLIP-L", true}, {TextKind::clip, "OpenCLIP-G"}},
       .usual = {50, 5.0, 128}},
      {.family = ImageFamily::sd3,
       .name = "sd3",
       .texts = {{TextKind::clip, "CLIP-L"}, {TextKind::clip, "OpenCLIP-G"}, {TextKind::t5, "T5", true}},
       .usual = {28, 7.0, 128},
       .begins_early = true},
      // Told the guidance scale, or distilled without any: a negative prompt has no place in it.
      {.family = ImageFamily::flux,
       .name = "flux",
       .texts = {{TextKind::clip, "CLIP-L"}, {TextKind::t5, "T5"}},
       .usual = {28, 3.5, 128},
       .noise_levels = true,
       .packed_latents = true,
       .begins_early = true,
       .takes_negative = false},
      {.family = ImageFamily::pixart, .name = "pixart", .texts = {{TextKind::t5, "T5"}}, .usual = {20, 4.5, 128}},
      {.family = ImageFamily::sana,
       .name = "sana",
       .texts = {{TextKind::language_model, "Gemma"}},
       .usual = {20, 4.5, 32},
       .language_tokens = 300,
       .begins_early = true},
      {.family = ImageFamily::z_image,
       .name = "z_image",
       .texts = {{TextKind::language_model, "Qwen"}},
       .usual = {50, 5.0, 128},
       .language_tokens = 512,
       .noise_levels = true,
       .begins_early = true,
       .scale_offset = 1},
      {.family = ImageFamily::qwen_image,
       .name = "qwen_image",
       .texts = {{TextKind::language_model, "Qwen"}},
       .usual = {50, 4.0, 128},
       .language_tokens = 512,
       .noise_levels = true,
       .packed_latents = true,
       .begins_early = true,
       .only_with_negative = true,
       .keeps_lengths = true},
      {.family = ImageFamily::causal_text,
       .name = "causal_text",
       .texts = {{TextKind::language_model, "SmolLM2"}},
       .usual = {20, 3.0, 16},
       .noise_levels = true,
       .of_one_size = true},
      {.family = ImageFamily::dit, .name = "dit", .texts = {}, .usual = {50, 4.0, 32}},
  }};
  return families;
}

}  // namespace

const FamilyTraits& traits_of(ImageFamily family) {
  const FamilyTraits& traits = all_families()[static_cast<size_t>(family)];
  assert(traits.family == family);
  return traits;
}

}  // namespace diptych::diffusion
