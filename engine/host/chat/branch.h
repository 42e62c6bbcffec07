// From a conversation's tree to what a model reads.
#pragma once

#include <string>

#include "engine/api/conversation.h"

namespace diptych::host {

// The messages from the first one to `leaf`, without deleted ones, as a chat template takes them; the system prompt
// first where there is one. A parent that points in a circle ends the branch.
api::Json branch_messages(const api::Conversation& conversation, const std::string& leaf);

}  // namespace diptych::host
