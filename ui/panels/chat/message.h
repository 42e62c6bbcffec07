// What the chat panel knows of a message: one node of a conversation's tree.
#pragma once

#include <QString>
#include <optional>

namespace diptych::chat {

enum class Role { user, assistant };

enum class MessageState {
  complete,
  streaming,
  stopped,      // by the user; can be continued
  interrupted,  // the host died while writing; can be continued
  failed,       // see Message::error
};

// Figures of one answer, as the host reports them. Unset: not known.
struct MessageStats {
  std::optional<double> tokens_per_s;
  std::optional<double> first_token_ms;
  std::optional<int> prompt_tokens;
  std::optional<int> cached_tokens;  // of the prompt: reused from the turn before
  std::optional<int> completion_tokens;

  bool operator==(const MessageStats&) const = default;
};

struct MessageError {
  QString text;    // what happened, to what, why
  QString action;  // label of the next step's button; empty: trying again

  bool operator==(const MessageError&) const = default;
};

struct Message {
  QString id;
  QString parent;  // empty for a first message
  Role role = Role::user;
  MessageState state = MessageState::complete;
  QString text;      // Markdown for answers, plain for the user's own
  QString thinking;  // what the model wrote before its answer
  double thinking_ms = 0;
  QString model;
  QString finish_reason;  // "stop", "length", "context" …
  MessageStats stats;
  MessageError error;
  qint64 created_ms = 0;  // since the epoch
  bool deleted = false;

  bool operator==(const Message&) const = default;
};

inline bool can_continue(const Message& message) {
  return message.role == Role::assistant &&
         (message.state == MessageState::stopped || message.state == MessageState::interrupted ||
          (message.state == MessageState::complete && message.finish_reason == QLatin1String("length")));
}

}  // namespace diptych::chat
