#include "ui/panels/chat/settings.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <algorithm>
#include <cmath>

namespace diptych::chat {
namespace {

const char* policy_name(ContextPolicy policy) {
  switch (policy) {
    case ContextPolicy::drop_oldest:
      return "drop_oldest";
    case ContextPolicy::summarise:
      return "summarise";
    case ContextPolicy::stop:
      break;
  }
  return "stop";
}

double number(const QJsonObject& json, const char* name, double fallback, double low, double high) {
  const double value = json.value(QLatin1String(name)).toDouble(fallback);
  return std::isfinite(value) ? std::clamp(value, low, high) : fallback;
}

}  // namespace

QJsonObject to_json(const ChatSettings& settings) {
  QJsonObject json{{"system_prompt", settings.system_prompt},
                   {"temperature", settings.temperature},
                   {"top_k", settings.top_k},
                   {"top_p", settings.top_p},
                   {"min_p", settings.min_p},
                   {"typical_p", settings.typical_p},
                   {"repeat_penalty", settings.repeat_penalty},
                   {"presence_penalty", settings.presence_penalty},
                   {"frequency_penalty", settings.frequency_penalty},
                   {"max_tokens", settings.max_tokens},
                   {"stop", QJsonArray::fromStringList(settings.stop)},
                   {"context_policy", QLatin1String(policy_name(settings.context_policy))}};
  if (settings.seed) json.insert(QStringLiteral("seed"), *settings.seed);
  QJsonArray adapters;
  for (const ChatAdapter& one : settings.adapters) adapters << QJsonObject{{"file", one.file}, {"scale", one.scale}};
  if (!adapters.isEmpty()) json.insert(QStringLiteral("adapters"), adapters);
  return json;
}

ChatSettings settings_from_json(const QJsonObject& json) {
  ChatSettings settings;
  settings.system_prompt = json.value(QStringLiteral("system_prompt")).toString();
  settings.temperature = number(json, "temperature", settings.temperature, 0, 5);
  settings.top_k = static_cast<int>(number(json, "top_k", settings.top_k, 0, 1000));
  settings.top_p = number(json, "top_p", settings.top_p, 0, 1);
  settings.min_p = number(json, "min_p", settings.min_p, 0, 1);
  settings.typical_p = number(json, "typical_p", settings.typical_p, 0, 1);
  settings.repeat_penalty = number(json, "repeat_penalty", settings.repeat_penalty, 0.5, 2);
  settings.presence_penalty = number(json, "presence_penalty", settings.presence_penalty, -2, 2);
  settings.frequency_penalty = number(json, "frequency_penalty", settings.frequency_penalty, -2, 2);
  settings.max_tokens = static_cast<int>(number(json, "max_tokens", settings.max_tokens, 0, 1e6));
  const QJsonValue seed = json.value(QStringLiteral("seed"));
  if (seed.isDouble() && seed.toInteger(-1) >= 0) settings.seed = seed.toInteger();
  for (const QJsonValue& stop : json.value(QStringLiteral("stop")).toArray())
    if (!stop.toString().isEmpty()) settings.stop << stop.toString();
  for (const QJsonValue& value : json.value(QStringLiteral("adapters")).toArray()) {
    const QJsonObject one = value.toObject();
    const QString file = one.value(QStringLiteral("file")).toString();
    if (!file.isEmpty()) settings.adapters << ChatAdapter{file, number(one, "scale", 1, -10, 10)};
  }
  const QString policy = json.value(QStringLiteral("context_policy")).toString();
  for (const ContextPolicy known : {ContextPolicy::drop_oldest, ContextPolicy::summarise})
    if (policy == QLatin1String(policy_name(known))) settings.context_policy = known;
  return settings;
}

QList<Preset> sampling_presets() {
  const auto tr = [](const char* text) { return QCoreApplication::translate("Presets", text); };
  ChatSettings precise;
  precise.temperature = 0;
  precise.repeat_penalty = 1;
  ChatSettings creative;
  creative.temperature = 1.0;
  creative.top_k = 0;
  creative.top_p = 1;
  creative.min_p = 0.1;
  creative.repeat_penalty = 1;
  ChatSettings code;
  code.temperature = 0.2;
  code.top_p = 0.9;
  code.repeat_penalty = 1;
  return {{tr("Balanced"), {}}, {tr("Precise (greedy)"), precise}, {tr("Code"), code}, {tr("Creative"), creative}};
}

ChatSettings with_sampling(ChatSettings settings, const ChatSettings& from) {
  settings.temperature = from.temperature;
  settings.top_k = from.top_k;
  settings.top_p = from.top_p;
  settings.min_p = from.min_p;
  settings.typical_p = from.typical_p;
  settings.repeat_penalty = from.repeat_penalty;
  settings.presence_penalty = from.presence_penalty;
  settings.frequency_penalty = from.frequency_penalty;
  return settings;
}

}  // namespace diptych::chat
