#include "engine/api/settings.h"

namespace diptych::api {
namespace {

void between(const char* field, double value, double low, double high) {
  if (value < low || value > high) {
    Json range{low, high};
    throw FieldError(field, "it is not between " + range[0].dump() + " and " + range[1].dump());
  }
}

}  // namespace

void check(const Sampling& sampling) {
  between("temperature", sampling.temperature, 0, 100);
  between("top_k", sampling.top_k, 0, 1 << 30);
  between("top_p", sampling.top_p, 0, 1);
  between("min_p", sampling.min_p, 0, 1);
  between("typical_p", sampling.typical_p, 0, 1);
  between("repeat_penalty", sampling.repeat_penalty, 0.01, 100);
  between("presence_penalty", sampling.presence_penalty, -100, 100);
  between("frequency_penalty", sampling.frequency_penalty, -100, 100);
}

void check(const std::vector<TextAdapter>& adapters) {
  if (adapters.size() > 16) throw FieldError("adapters", "more than 16 adapters");
  for (const TextAdapter& adapter : adapters) {
    if (adapter.file.empty()) throw FieldError("adapters.file", "it is empty");
    between("adapters.scale", adapter.scale, -100, 100);
  }
}

void check(const ConversationSettings& settings) {
  check(settings.adapters);
  check(settings.sampling);
  between("max_tokens", settings.max_tokens, 0, 1 << 30);
  if (settings.stop.size() > 64) throw FieldError("stop", "more than 64 stop strings");
  for (const std::string& stop : settings.stop) {
    if (stop.empty()) throw FieldError("stop", "a stop string is empty");
  }
}

void check(const HostSettings& settings) {
  if (settings.watts) between("watts", *settings.watts, 0.1, 1e6);
  between("keep_alive_s", settings.keep_alive_s, 0, 1 << 30);
  between("context_tokens", settings.context_tokens, 0, 1 << 30);
  if (settings.kv != "f16" && settings.kv != "f32") throw FieldError("kv", "it is neither \"f16\" nor \"f32\"");
  if (settings.image_format != "png" && settings.image_format != "jpeg" && settings.image_format != "webp") {
    throw FieldError("image_format", "it is none of \"png\", \"jpeg\", \"webp\"");
  }
}

}  // namespace diptych::api
