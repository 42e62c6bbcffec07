#include "engine/api/conversation.h"

namespace diptych::api {

Json patch_body(const ConversationPatch& patch) {
  Json body = Json::object();
  const Json whole = to_json(patch);  // named: items() only refers to it
  for (const auto& [name, value] : whole.items()) {
    if (!value.is_null()) body[name] = value;
  }
  return body;
}

}  // namespace diptych::api
