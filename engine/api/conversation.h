// Conversations: a tree of messages, and the events of one that is open.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/error.h"
#include "engine/api/fields.h"
#include "engine/api/settings.h"

namespace diptych::api {

enum class Role { user, assistant };
template <>
struct EnumNames<Role> {
  static constexpr std::array<const char*, 2> names{"user", "assistant"};
};

enum class MessageState { complete, writing, stopped, interrupted, failed };
template <>
struct EnumNames<MessageState> {
  static constexpr std::array<const char*, 5> names{"complete", "writing", "stopped", "interrupted", "failed"};
};

struct MessageMetrics {
  std::optional<double> tokens_per_s;
  std::optional<double> ttft_ms;  // from the request to the first token, waiting for the device included
  std::optional<int64_t> prompt_tokens;
  std::optional<int64_t> cached_tokens;  // of the prompt: reused from the turn before
  std::optional<int64_t> completion_tokens;
  std::optional<double> bandwidth_gb_s;  // modelled: declared bytes of the decoding over its time
  std::optional<double> gflop_s;
  std::optional<double> joules_per_token;

  bool operator==(const MessageMetrics&) const = default;
};

struct Message {
  std::string id;
  std::string parent;  // empty: a first message
  Role role = Role::user;
  MessageState state = MessageState::complete;
  std::string text;
  std::string thinking;
  double thinking_ms = 0;
  std::string model;          // id of the model that wrote it
  std::string finish_reason;  // "stop", "length", "context", "stopped", "interrupted", "failed"; empty while writing
  Json settings;              // the ConversationSettings it was written with, the seed that was used included; or null
  MessageMetrics metrics;
  std::optional<ErrorInfo> error;
  int64_t created_ms = 0;  // since the epoch
  std::optional<int64_t> deleted_ms;
  std::string job;  // that writes or wrote it; empty for the user's own

  bool operator==(const Message&) const = default;
};

struct ConversationSummary {
  std::string id;
  std::string title;  // empty: not named yet
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::optional<int64_t> deleted_ms;
  std::string snippet;   // where a search matched; matches stand between U+2068 and U+2069
  bool writing = false;  // an answer is being written

  bool operator==(const ConversationSummary&) const = default;
};

struct Conversation {
  ConversationSummary info;
  std::vector<Message> messages;  // the whole tree, parents first, deleted ones included
  std::string leaf;               // last message of the branch that was shown
  std::string draft;
  ConversationSettings settings;
  std::string last_event;  // events after this one are news to who holds this answer
};

// Data of the events of GET /api/conversations/{id}/events.
struct AnswerGrew {  // "answer_grew": these pieces are appended to what the message had
  std::string message;
  std::string text, thinking;
};
struct AnswerEnded {  // "answer_ended"
  Message message;
};

template <typename V>
void fields(V& v, MessageMetrics& x) {
  v("tokens_per_s", x.tokens_per_s);
  v("ttft_ms", x.ttft_ms);
  v("prompt_tokens", x.prompt_tokens);
  v("cached_tokens", x.cached_tokens);
  v("completion_tokens", x.completion_tokens);
  v("bandwidth_gb_s", x.bandwidth_gb_s);
  v("gflop_s", x.gflop_s);
  v("joules_per_token", x.joules_per_token);
}

template <typename V>
void fields(V& v, Message& x) {
  v("id", x.id);
  v("parent", x.parent);
  v("role", x.role);
  v("state", x.state);
  v("text", x.text);
  v("thinking", x.thinking);
  v("thinking_ms", x.thinking_ms);
  v("model", x.model);
  v("finish_reason", x.finish_reason);
  v("settings", x.settings);
  v("metrics", x.metrics);
  v("error", x.error);
  v("created_ms", x.created_ms);
  v("deleted_ms", x.deleted_ms);
  v("job", x.job);
}

template <typename V>
void fields(V& v, ConversationSummary& x) {
  v("id", x.id);
  v("title", x.title);
  v("created_ms", x.created_ms);
  v("updated_ms", x.updated_ms);
  v("deleted_ms", x.deleted_ms);
  v("snippet", x.snippet);
  v("writing", x.writing);
}

template <typename V>
void fields(V& v, Conversation& x) {
  fields(v, x.info);
  v("messages", x.messages);
  v("leaf", x.leaf);
  v("draft", x.draft);
  v("settings", x.settings);
  v("last_event", x.last_event);
}

template <typename V>
void fields(V& v, AnswerGrew& x) {
  v("message", x.message);
  v("text", x.text);
  v("thinking", x.thinking);
}

template <typename V>
void fields(V& v, AnswerEnded& x) {
  v("message", x.message);
}

// PATCH /api/conversations/{id}: what is set is changed.
struct ConversationPatch {
  std::optional<std::string> title, draft, leaf;
  std::optional<bool> deleted;
  std::optional<ConversationSettings> settings;
};
template <typename V>
void fields(V& v, ConversationPatch& x) {
  v("title", x.title);
  v("draft", x.draft);
  v("leaf", x.leaf);
  v("deleted", x.deleted);
  v("settings", x.settings);
}
Json patch_body(const ConversationPatch& patch);  // only what is set

// POST /api/conversations/{id}/messages, …/answer and …/continue answer with this.
struct AnswerStarted {
  std::optional<Message> user;  // the new message of the user
  Message answer;               // state writing
  std::string job;
};
template <typename V>
void fields(V& v, AnswerStarted& x) {
  v("user", x.user);
  v("answer", x.answer);
  v("job", x.job);
}

}  // namespace diptych::api
