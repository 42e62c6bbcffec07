#include "engine/host/chat/branch.h"

#include <algorithm>
#include <map>
#include <vector>

namespace diptych::host {

api::Json branch_messages(const api::Conversation& conversation, const std::string& leaf) {
  std::map<std::string, const api::Message*> by_id;
  for (const api::Message& message : conversation.messages) by_id[message.id] = &message;
  std::vector<const api::Message*> branch;
  for (std::string id = leaf; !id.empty() && branch.size() <= by_id.size();) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) break;
    branch.push_back(found->second);
    id = found->second->parent;
  }
  std::reverse(branch.begin(), branch.end());
  api::Json messages = api::Json::array();
  if (!conversation.settings.system_prompt.empty()) {
    messages.push_back({{"role", "system"}, {"content", conversation.settings.system_prompt}});
  }
  for (const api::Message* message : branch) {
    if (message->deleted_ms) continue;
    api::Json entry{{"role", api::FieldWriter::write(message->role)}, {"content", message->text}};
    if (!message->thinking.empty()) entry["reasoning_content"] = message->thinking;
    messages.push_back(std::move(entry));
  }
  return messages;
}

}  // namespace diptych::host
