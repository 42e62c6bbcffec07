// Conversations and messages in the database. Functions that change something run inside a transaction of the caller.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/api/conversation.h"
#include "engine/host/store/database.h"

namespace diptych::host::store {

struct ListOptions {
  std::string query;  // every word must occur in the title or in one message; the last may be the beginning of one
  bool deleted = false;
  int64_t limit = 1000;
};
std::vector<api::ConversationSummary> list_conversations(Database& database, const ListOptions& options);

// The words of a query as an FTS5 expression; empty where it has none. What FTS5 would take for syntax is only text.
std::string search_expression(const std::string& query);

void insert_conversation(Database& database, const api::Conversation& conversation);
std::optional<api::ConversationSummary> find_conversation(Database& database, const std::string& id);
std::optional<api::Conversation> read_conversation(Database& database, const std::string& id);  // with its messages
// A title that is not the user's is only taken where the user gave none: false otherwise.
bool set_title(Database& database, const std::string& id, const std::string& title, bool by_user);
void patch_conversation(Database& database, const std::string& id, const api::ConversationPatch& patch,
                        int64_t time_ms);
void touch(Database& database, const std::string& id, int64_t time_ms);

void insert_message(Database& database, const std::string& conversation, const api::Message& message);
void update_message(Database& database, const api::Message& message);  // everything but its place in the tree
// The journal of an answer that is being written.
void update_text(Database& database, const std::string& id, const std::string& text, const std::string& thinking,
                 double thinking_ms);
std::optional<api::Message> find_message(Database& database, const std::string& conversation, const std::string& id);

// After a crash: answers that were being written become interrupted. Returns how many.
int64_t recover_messages(Database& database);

api::HostSettings read_settings(Database& database);
void write_settings(Database& database, const api::HostSettings& settings);

}  // namespace diptych::host::store
