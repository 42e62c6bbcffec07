// Settings: sampling parameters (shared by conversations and the OpenAI endpoints), a conversation's, and the host's
// own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/fields.h"

namespace diptych::api {

enum class ContextPolicy { stop, drop_oldest, summarise };  // when the context is full
template <>
struct EnumNames<ContextPolicy> {
  static constexpr std::array<const char*, 3> names{"stop", "drop_oldest", "summarise"};
};

struct Sampling {
  double temperature = 0.7;  // 0: greedy
  int top_k = 40;            // 0: off
  double top_p = 0.95;       // 1: off
  double min_p = 0.05;       // 0: off
  double typical_p = 1.0;    // 1: off
  double repeat_penalty = 1.1;
  double presence_penalty = 0.0;
  double frequency_penalty = 0.0;
  std::optional<int64_t> seed;  // unset: another one each time

  bool operator==(const Sampling&) const = default;
};

template <typename V>
void fields(V& v, Sampling& x) {
  v("temperature", x.temperature);
  v("top_k", x.top_k);
  v("top_p", x.top_p);
  v("min_p", x.min_p);
  v("typical_p", x.typical_p);
  v("repeat_penalty", x.repeat_penalty);
  v("presence_penalty", x.presence_penalty);
  v("frequency_penalty", x.frequency_penalty);
  v("seed", x.seed);
}

void check(const Sampling& sampling);  // FieldError names what is out of range

struct TextAdapter {
  std::string file;  // a name of the library, or a path: a folder of PEFT's, a safetensors or GGUF file
  double scale = 1;

  bool operator==(const TextAdapter&) const = default;
};

template <typename V>
void fields(V& v, TextAdapter& x) {
  v("file", x.file);
  v("scale", x.scale);
}

struct ConversationSettings {
  std::string model;  // id; empty: the one that was used last
  std::string system_prompt;
  Sampling sampling;
  int max_tokens = 0;  // 0: as many as fit
  std::vector<std::string> stop;
  ContextPolicy context_policy = ContextPolicy::stop;
  std::vector<TextAdapter> adapters;

  bool operator==(const ConversationSettings&) const = default;
};

template <typename V>
void fields(V& v, ConversationSettings& x) {
  v("model", x.model);
  v("system_prompt", x.system_prompt);
  fields(v, x.sampling);  // side by side with the others, not an object of its own
  v("max_tokens", x.max_tokens);
  v("stop", x.stop);
  v("context_policy", x.context_policy);
  v("adapters", x.adapters);
}

void check(const std::vector<TextAdapter>& adapters);
void check(const ConversationSettings& settings);

// GET and PUT /api/settings.
struct HostSettings {
  std::optional<double> watts;  // what the user says the machine draws under load, where no counter is readable
  int keep_alive_s = 0;         // for models without their own: unload after this time without use; 0: never
  int context_tokens = 0;       // for loads that name none; 0: the model's own, at most 8192
  std::string kv = "f16";       // "f16" or "f32"
  bool automatic_titles = true;
  std::string image_format = "png";  // of the gallery's files: "png", "jpeg", "webp"

  bool operator==(const HostSettings&) const = default;
};

template <typename V>
void fields(V& v, HostSettings& x) {
  v("watts", x.watts);
  v("keep_alive_s", x.keep_alive_s);
  v("context_tokens", x.context_tokens);
  v("kv", x.kv);
  v("automatic_titles", x.automatic_titles);
  v("image_format", x.image_format);
}

void check(const HostSettings& settings);

}  // namespace diptych::api
