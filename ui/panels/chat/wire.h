// Between the host's structs and the chat's.
#pragma once

#include "engine/api/conversation.h"
#include "engine/api/model.h"
#include "ui/panels/chat/chat_service.h"

namespace diptych::chat {

Message from_wire(const api::Message& message);
ConversationInfo from_wire(const api::ConversationSummary& summary);
Conversation from_wire(const api::Conversation& conversation);
ModelInfo from_wire(const api::ModelInfo& model);
// The catalogue's entry that a model on disk came from; null: none. "SmolLM2-135M-Instruct" names the catalogue's,
// "SmolLM2-135M-Instruct.Q4_1" the file.
const api::CatalogueModel* entry_of(const api::ModelInfo& model, const std::vector<api::CatalogueModel>& catalogue);
// As people know it: the catalogue's title, or the file's name. What files call themselves is often a working title.
QString name_of(const api::ModelInfo& model, const api::CatalogueModel* entry);
ChatSettings from_wire(const api::ConversationSettings& settings);
// What the chat does not show of `settings` (the model's name) is taken over from `before`.
api::ConversationSettings to_wire(const ChatSettings& settings, const api::ConversationSettings& before = {});

}  // namespace diptych::chat
