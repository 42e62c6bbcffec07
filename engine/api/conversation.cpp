#include "engine/api/conversation.h"

namespace diptych::api {

Json patch_body(const ConversationPatch& patch) {
  Json body = Json::object();
  for (const auto& [name, value] : to_json(patch).items()) {
    if (!value.is_null()) body[name] = value;
  }
  return body;
}

}  // namespace diptych::api
