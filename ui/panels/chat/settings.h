// Settings of a conversation: what the inspector edits and a request carries.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>
#include <optional>

namespace diptych::chat {

enum class ContextPolicy { stop, drop_oldest, summarise };  // when the context is full

struct ChatAdapter {
  QString file;      // a name of the library, or a path
  double scale = 1;  // 0 changes nothing

  bool operator==(const ChatAdapter&) const = default;
};

struct ChatSettings {
  QString system_prompt;
  double temperature = 0.7;     // 0: greedy
  int top_k = 40;               // 0: off
  double top_p = 0.95;          // 1: off
  double min_p = 0.05;          // 0: off
  double typical_p = 1.0;       // 1: off
  double repeat_penalty = 1.1;  // 1: off
  double presence_penalty = 0.0;
  double frequency_penalty = 0.0;
  std::optional<qint64> seed;  // unset: another one each time
  int max_tokens = 0;          // 0: as many as fit
  QStringList stop;
  ContextPolicy context_policy = ContextPolicy::stop;
  QList<ChatAdapter> adapters;

  bool operator==(const ChatSettings&) const = default;
};

// JSON as conversations store it: the names of engine/api's sampling parameters. Values out of range are brought into
// it, unknown and missing names leave the default.
QJsonObject to_json(const ChatSettings& settings);
ChatSettings settings_from_json(const QJsonObject& json);

struct Preset {
  QString name;
  ChatSettings
      settings;  // system prompt, seed, limits, stop strings and adapters are the conversation's own and not part of it
};
QList<Preset> sampling_presets();
ChatSettings with_sampling(ChatSettings settings, const ChatSettings& from);  // takes over what a preset covers

}  // namespace diptych::chat
