#include "engine/api/model.h"

namespace diptych::api {

void check(const LoadRequest& request) {
  if (request.model.empty()) throw FieldError("model", "it is missing");
  if (request.context_tokens < 0 || request.context_tokens > (1 << 30)) {
    throw FieldError("context_tokens", "it is not between 0 and 1073741824");
  }
  if (!request.kv.empty() && request.kv != "f16" && request.kv != "f32") {
    throw FieldError("kv", "it is neither \"f16\" nor \"f32\"");
  }
  if (request.keep_alive_s && *request.keep_alive_s < 0) throw FieldError("keep_alive_s", "it is negative");
}

}  // namespace diptych::api
