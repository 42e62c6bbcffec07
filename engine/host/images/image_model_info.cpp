#include "engine/host/images/image_model_info.h"

#include <algorithm>
#include <array>

#include "engine/diffusion/condition/conditioning.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/pipeline_family.h"
#include "engine/diffusion/prompt/clip_prompt.h"
#include "engine/diffusion/prompt/prompt.h"
#include "engine/diffusion/recipe/recipe_names.h"
#include "engine/diffusion/schedules/flow_shift.h"

namespace diptych::host {
namespace {

using namespace diffusion;

bool is_t5(const TextPart& part) {
  return part.encoder->info().architecture.starts_with("t5");
}

bool is_clip(const ImageModel& model, size_t text) {
  return traits_of(model.family).texts[text].kind == TextKind::clip;
}

int text_window(const ImageModel& model, size_t text) {
  const TextPart& part = model.texts[text];
  if (const int64_t tokens = traits_of(model.family).language_tokens) return static_cast<int>(tokens);
  return static_cast<int>(part.window.tokens) - (is_t5(part) ? 1 : 2);  // T5 has an end alone
}

// Sides by the area that a model was trained on; multiples of 64 at 1024 x 1024, as SDXL's training had them.
constexpr std::array<api::ImageSize, 9> aspect_sizes{{{1024, 1024},
                                                      {1152, 896},
                                                      {896, 1152},
                                                      {1216, 832},
                                                      {832, 1216},
                                                      {1344, 768},
                                                      {768, 1344},
                                                      {1536, 640},
                                                      {640, 1536}}};
// Stable Diffusion 1 and 2 keep one side, as its users do.
constexpr std::array<api::ImageSize, 5> side_sizes{
    {{1024, 1024}, {1536, 1024}, {1024, 1536}, {1280, 1024}, {1024, 1280}}};

std::vector<api::ImageSize> usual_sizes(ImageFamily family, int width, int height, int multiple) {
  std::vector<api::ImageSize> sizes{{width, height}};
  if (family == ImageFamily::dit || width != height) return sizes;
  const auto scaled = [&](int side) {
    return std::max(multiple,
                    static_cast<int>((static_cast<int64_t>(side) * width / 1024 + multiple / 2) / multiple) * multiple);
  };
  const auto add = [&](const auto& all) {
    for (const api::ImageSize& size : all) {
      const api::ImageSize one{scaled(size.width), scaled(size.height)};
      if (std::find(sizes.begin(), sizes.end(), one) == sizes.end()) sizes.push_back(one);
    }
  };
  if (family == ImageFamily::stable_diffusion) {
    add(side_sizes);
  } else {
    add(aspect_sizes);
  }
  return sizes;
}

template <typename Title>
std::vector<api::NamedChoice> choices(const std::vector<std::string>& names, const Title& title) {
  std::vector<api::NamedChoice> result;
  for (const std::string& name : names) {
    const std::string shown = title(name);
    result.push_back({name, shown.empty() ? name : shown});
  }
  return result;
}

struct Counted {
  int tokens = 0, windows = 1;
};

Counted count_in(const ImageModel& model, size_t index, const std::string& text, const api::ImageSettings& settings) {
  const TextPart& part = model.texts[index];
  constexpr int64_t any = 1 << 16;
  const int64_t marks = part.window.fit("", any).length;  // put around every text
  Counted most;
  const auto count = [&](const std::vector<PromptPiece>& pieces, const std::string& plain) {
    Counted one;
    if (pieces.empty() || !is_clip(model, index)) {
      one.tokens = static_cast<int>(part.window.fit(plain, any).length - marks);
    } else {
      const ClipWindows windows = clip_windows(pieces, *part.window.tokenizer, clip_tokens(*part.window.tokenizer),
                                               {.length = text_window(model, index)});
      one = {static_cast<int>(windows.tokens), static_cast<int>(windows.count)};
    }
    most.tokens = std::max(most.tokens, one.tokens);
    most.windows = std::max(most.windows, one.windows);
  };
  if (settings.plain_prompt) {
    count({}, text);
    return most;
  }
  const Prompt prompt = parse_prompt(
      text, {.wildcard_seed = static_cast<uint64_t>(settings.wildcard_seed.value_or(settings.seed.value_or(0)))});
  for (const SubPrompt& sub : prompt.parts) {
    for (const std::vector<PromptPiece>& pieces : sub.texts) {
      std::string plain;
      for (const PromptPiece& piece : pieces) plain += piece.text;
      count(pieces, plain);
    }
  }
  return most;
}

// The blocks of self-attentions named as "up_blocks.1.attentions.0.transformer_blocks.0.attn1" or
// "transformer_blocks.3.attn", as patterns that find them.
std::vector<api::NamedChoice> perturbable_blocks(const std::vector<std::string>& attentions) {
  std::vector<api::NamedChoice> blocks;
  for (const std::string& name : attentions) {
    const size_t first = name.find('.');
    const std::string kind = name.substr(0, first);
    const std::string rest = first == std::string::npos ? "" : name.substr(first + 1);
    const std::string number = rest.substr(0, rest.find_first_not_of("0123456789"));
    std::string title = "Block " + number;
    if (kind == "mid_block") title = "Middle";
    if (kind == "down_blocks") title = "Down " + number;
    if (kind == "up_blocks") title = "Up " + number;
    const std::string pattern = "^" + kind + (number.empty() ? "" : R"(\.)" + number) + R"(\b)";
    if (blocks.empty() || blocks.back().name != pattern) blocks.push_back({pattern, title});
  }
  return blocks;
}

}  // namespace

api::ImageModelInfo image_model_info(const ImageModel& model) {
  ImageRequest one;
  if (model.family == ImageFamily::dit) one.classes = {0};
  const ImageRequest usual = completed(model, one);
  const DenoiserInfo& denoiser = model.denoiser->info();
  api::ImageModelInfo info;
  info.family = traits_of(model.family).name;
  info.pipeline = model.pipeline;
  info.width = static_cast<int>(usual.width);
  info.height = static_cast<int>(usual.height);
  info.steps = usual.steps;
  info.guidance = usual.guidance.scale;
  info.side_multiple = static_cast<int>(model.side_multiple());
  info.sizes = usual_sizes(model.family, info.width, info.height, info.side_multiple);
  info.uses_prompt = model.family != ImageFamily::dit;
  info.uses_negative = info.uses_prompt && traits_of(model.family).takes_negative;
  info.uses_guidance = traits_of(model.family).takes_negative || denoiser.distilled_guidance;
  info.flow_shift = own_flow_shift(model, usual.height, usual.width);
  info.is_inpainting = denoiser.in_channels > model.latent_channels();
  info.classes = static_cast<int>(denoiser.classes);
  const std::vector<TextSlot>& slots = traits_of(model.family).texts;
  for (size_t i = 0; i < model.texts.size(); ++i) {
    if (model.texts[i].encoder) info.encoders.push_back({slots[i].name, text_window(model, i)});
  }
  info.samplers = choices(sampler_names(), a1111_sampler_name);
  info.schedules = choices(named_schedules(), a1111_schedule_name);
  info.pag_layers = perturbable_blocks(denoiser.self_attentions);
  info.rngs = {{"philox", "Diptych"}, {"torch-cpu", "PyTorch CPU"}, {"torch-cuda", "PyTorch CUDA"}};
  return info;
}

std::vector<api::PromptTokens> prompt_tokens(const ImageModel& model, const api::ImageSettings& settings) {
  std::vector<api::PromptTokens> counts;
  const std::vector<TextSlot>& slots = traits_of(model.family).texts;
  for (size_t i = 0; i < model.texts.size(); ++i) {
    const TextPart& part = model.texts[i];
    if (!part.encoder) continue;
    const Counted prompt = count_in(model, i, settings.prompt, settings);
    const Counted negative = count_in(model, i, settings.negative.value_or(""), settings);
    counts.push_back({slots[i].name, prompt.tokens, negative.tokens, text_window(model, i),
                      std::max(prompt.windows, negative.windows)});
  }
  return counts;
}

}  // namespace diptych::host
