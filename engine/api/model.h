// Models: what is on disk, what is loaded, what can be fetched.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/error.h"
#include "engine/api/fields.h"

namespace diptych::api {

enum class ModelState { available, loading, loaded, failed };
template <>
struct EnumNames<ModelState> {
  static constexpr std::array<const char*, 4> names{"available", "loading", "loaded", "failed"};
};

enum class ModelKind { text, image };
template <>
struct EnumNames<ModelKind> {
  static constexpr std::array<const char*, 2> names{"text", "image"};
};

struct ModelInfo {
  // What requests name it by: the file's or folder's name without its extension, behind names of folders where other
  // folders have one of that name ("anime/dream").
  std::string id;
  std::string name;  // as the file calls itself
  std::string path;
  std::string origin;    // whose folder it is in: "ComfyUI", "A1111", "Hugging Face"; empty: the user's or our own
  bool shipped = false;  // came along with the program
  ModelKind kind = ModelKind::text;
  std::string architecture;  // of image models: the family
  std::string quantization;
  int64_t size_bytes = 0;  // on disk
  int64_t parameters = 0;
  ModelState state = ModelState::available;
  std::optional<int64_t> memory_bytes;  // predicted from the code that will run, or in use once loaded
  std::optional<int64_t> free_bytes;    // what the device has for it
  std::optional<double> tokens_per_s;   // predicted from memory traffic and the measured roofline, or as measured
  double load_progress = 0;             // 0 to 1
  int64_t context_tokens = 0;           // that it is or would be loaded with
  int64_t context_length = 0;           // that it was made for
  int keep_alive_s = 0;
  std::string job;                 // that loads or loaded it
  std::optional<ErrorInfo> error;  // why it is not readable, or why the last load failed
  std::string needs;               // the catalogue's model without which it is not readable; empty: none
};

struct CatalogueModel {
  std::string name, title, family, licence;
  int64_t size_bytes = 0;
  bool fetched = false;
  std::string job;  // that fetches it now
};

struct ModelList {  // GET /api/models
  std::vector<ModelInfo> models;
  std::vector<CatalogueModel> catalogue;
};

struct LoadRequest {           // POST /api/models/load
  std::string model;           // id or path
  int64_t context_tokens = 0;  // 0: the host's setting
  std::string kv;              // "f16", "f32"; empty: the host's setting
  std::optional<int> keep_alive_s;
};

template <typename V>
void fields(V& v, ModelInfo& x) {
  v("id", x.id);
  v("name", x.name);
  v("path", x.path);
  v("origin", x.origin);
  v("shipped", x.shipped);
  v("kind", x.kind);
  v("architecture", x.architecture);
  v("quantization", x.quantization);
  v("size_bytes", x.size_bytes);
  v("parameters", x.parameters);
  v("state", x.state);
  v("memory_bytes", x.memory_bytes);
  v("free_bytes", x.free_bytes);
  v("tokens_per_s", x.tokens_per_s);
  v("load_progress", x.load_progress);
  v("context_tokens", x.context_tokens);
  v("context_length", x.context_length);
  v("keep_alive_s", x.keep_alive_s);
  v("job", x.job);
  v("error", x.error);
  v("needs", x.needs);
}

template <typename V>
void fields(V& v, CatalogueModel& x) {
  v("name", x.name);
  v("title", x.title);
  v("family", x.family);
  v("licence", x.licence);
  v("size_bytes", x.size_bytes);
  v("fetched", x.fetched);
  v("job", x.job);
}

template <typename V>
void fields(V& v, ModelList& x) {
  v("models", x.models);
  v("catalogue", x.catalogue);
}

template <typename V>
void fields(V& v, LoadRequest& x) {
  v("model", x.model);
  v("context_tokens", x.context_tokens);
  v("kv", x.kv);
  v("keep_alive_s", x.keep_alive_s);
}

void check(const LoadRequest& request);

}  // namespace diptych::api
