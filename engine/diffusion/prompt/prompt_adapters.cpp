#include "engine/diffusion/prompt/prompt_adapters.h"

#include <optional>

#include "engine/diffusion/prompt/prompt_text.h"

namespace diptych::diffusion {
namespace {

bool is_tag_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Of the tag that begins at `at`, the position of its ">"; npos: no tag begins there.
size_t tag_end(std::string_view text, size_t at) {
  size_t colon = at + 1;
  while (colon < text.size() && is_tag_letter(text[colon])) ++colon;
  if (colon == at + 1 || colon >= text.size() || text[colon] != ':') return text.npos;
  const size_t end = text.find('>', colon);
  return end == colon + 1 ? text.npos : end;
}

std::vector<std::string_view> split_colons(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t at = 0;;) {
    const size_t colon = text.find(':', at);
    parts.push_back(text.substr(at, colon == text.npos ? colon : colon - at));
    if (colon == text.npos) return parts;
    at = colon + 1;
  }
}

// `tag`: what stands between "<" and ">".
std::optional<PromptAdapter> read_adapter(std::string_view tag) {
  const std::vector<std::string_view> parts = split_colons(tag);
  if ((parts[0] != "lora" && parts[0] != "lyco") || parts[1].empty()) return std::nullopt;
  PromptAdapter adapter{std::string(parts[1])};
  std::optional<double> text_encoder, denoiser;
  int numbers = 0;
  for (size_t i = 2; i < parts.size(); ++i) {
    std::string_view value = parts[i];
    std::optional<double>* target = numbers == 0 ? &text_encoder : &denoiser;
    if (const size_t equals = value.find('='); equals != value.npos) {
      const std::string_view key = value.substr(0, equals);
      if (key != "te" && key != "unet") return std::nullopt;
      target = key == "te" ? &text_encoder : &denoiser;
      value.remove_prefix(equals + 1);
    } else if (++numbers > 2) {
      return std::nullopt;
    }
    *target = read_decimal(trim_left(trim_right(value)));
    if (!*target) return std::nullopt;
  }
  adapter.text_encoder_scale = text_encoder.value_or(1);
  adapter.denoiser_scale = denoiser.value_or(adapter.text_encoder_scale);
  return adapter;
}

}  // namespace

PromptTags take_tags(std::string_view prompt) {
  PromptTags result;
  size_t done = 0;
  for (size_t at = prompt.find('<'); at != prompt.npos; at = prompt.find('<', at + 1)) {
    const size_t end = tag_end(prompt, at);
    if (end == prompt.npos) continue;
    result.text += prompt.substr(done, at - done);
    done = end + 1;
    if (auto adapter = read_adapter(prompt.substr(at + 1, end - at - 1)))
      result.adapters.push_back(std::move(*adapter));
    else
      result.ignored.emplace_back(prompt.substr(at, done - at));
    at = end;
  }
  result.text += prompt.substr(done);
  return result;
}

std::string adapter_tag(const PromptAdapter& adapter) {
  std::string tag = "<lora:" + adapter.name + ":" + write_decimal(adapter.text_encoder_scale);
  if (adapter.denoiser_scale != adapter.text_encoder_scale) tag += ":" + write_decimal(adapter.denoiser_scale);
  return tag + ">";
}

}  // namespace diptych::diffusion
