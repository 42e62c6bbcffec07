#include "ui/panels/chat/wire.h"

#include "ui/client/text.h"

namespace diptych::chat {

using ui::qt;
using ui::utf8;

namespace {

std::optional<int> narrow(const std::optional<int64_t>& value) {
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

QString bare(const std::string& name) {
  QString result;
  for (const QChar c : qt(name))
    if (c.isLetterOrNumber()) result += c.toLower();
  return result;
}

MessageState from_wire(api::MessageState state) {
  switch (state) {
    case api::MessageState::writing:
      return MessageState::streaming;
    case api::MessageState::stopped:
      return MessageState::stopped;
    case api::MessageState::interrupted:
      return MessageState::interrupted;
    case api::MessageState::failed:
      return MessageState::failed;
    case api::MessageState::complete:
      break;
  }
  return MessageState::complete;
}

}  // namespace

Message from_wire(const api::Message& message) {
  Message result;
  result.id = qt(message.id);
  result.parent = qt(message.parent);
  result.role = message.role == api::Role::user ? Role::user : Role::assistant;
  result.state = from_wire(message.state);
  result.text = qt(message.text);
  result.thinking = qt(message.thinking);
  result.thinking_ms = message.thinking_ms;
  result.model = qt(message.model);
  result.finish_reason = qt(message.finish_reason);
  result.stats = {message.metrics.tokens_per_s, message.metrics.ttft_ms, narrow(message.metrics.prompt_tokens),
                  narrow(message.metrics.cached_tokens), narrow(message.metrics.completion_tokens)};
  if (message.error) result.error.text = qt(message.error->message);
  result.created_ms = message.created_ms;
  result.deleted = message.deleted_ms.has_value();
  return result;
}

ConversationInfo from_wire(const api::ConversationSummary& summary) {
  QString snippet = qt(summary.snippet);
  snippet.remove(QChar(0x2068)).remove(QChar(0x2069));  // the marks around what matched
  return {qt(summary.id), qt(summary.title), summary.updated_ms, snippet};
}

Conversation from_wire(const api::Conversation& conversation) {
  Conversation result;
  result.info = from_wire(conversation.info);
  for (const api::Message& message : conversation.messages) result.messages << from_wire(message);
  result.leaf = qt(conversation.leaf);
  result.draft = qt(conversation.draft);
  result.settings = from_wire(conversation.settings);
  return result;
}

const api::CatalogueModel* entry_of(const api::ModelInfo& model, const std::vector<api::CatalogueModel>& catalogue) {
  for (const api::CatalogueModel& entry : catalogue)
    if (model.size_bytes == entry.size_bytes && bare(model.id).startsWith(bare(entry.name))) return &entry;
  return nullptr;
}

QString name_of(const api::ModelInfo& model, const api::CatalogueModel* entry) {
  return qt(entry && !entry->title.empty() ? entry->title : model.id);
}

ModelInfo from_wire(const api::ModelInfo& model) {
  ModelInfo result;
  result.id = qt(model.id);
  result.name = qt(model.name.empty() ? model.id : model.name);
  result.path = qt(model.path);
  result.quantization = qt(model.quantization);
  result.state = static_cast<ModelInfo::State>(model.state);
  result.size_bytes = static_cast<double>(model.size_bytes);
  if (model.memory_bytes) result.memory_bytes = static_cast<double>(*model.memory_bytes);
  if (model.free_bytes) result.free_bytes = static_cast<double>(*model.free_bytes);
  result.tokens_per_s = model.tokens_per_s;
  result.load_progress = model.load_progress;
  result.context_tokens = static_cast<int>(model.context_tokens);
  result.keep_alive_s = model.keep_alive_s;
  if (model.error) result.error = qt(model.error->message);
  return result;
}
static_assert(static_cast<int>(ModelInfo::State::failed) == static_cast<int>(api::ModelState::failed) &&
              static_cast<int>(ModelInfo::State::loaded) == static_cast<int>(api::ModelState::loaded));

ChatSettings from_wire(const api::ConversationSettings& settings) {
  ChatSettings result;
  const api::Sampling& sampling = settings.sampling;
  result.system_prompt = qt(settings.system_prompt);
  result.temperature = sampling.temperature;
  result.top_k = sampling.top_k;
  result.top_p = sampling.top_p;
  result.min_p = sampling.min_p;
  result.typical_p = sampling.typical_p;
  result.repeat_penalty = sampling.repeat_penalty;
  result.presence_penalty = sampling.presence_penalty;
  result.frequency_penalty = sampling.frequency_penalty;
  if (sampling.seed) result.seed = *sampling.seed;
  result.max_tokens = settings.max_tokens;
  for (const std::string& stop : settings.stop) result.stop << qt(stop);
  result.context_policy = static_cast<ContextPolicy>(settings.context_policy);
  for (const api::TextAdapter& one : settings.adapters) result.adapters << ChatAdapter{qt(one.file), one.scale};
  return result;
}
static_assert(static_cast<int>(ContextPolicy::summarise) == static_cast<int>(api::ContextPolicy::summarise));

api::ConversationSettings to_wire(const ChatSettings& settings, const api::ConversationSettings& before) {
  api::ConversationSettings result = before;
  api::Sampling& sampling = result.sampling;
  result.system_prompt = utf8(settings.system_prompt);
  sampling.temperature = settings.temperature;
  sampling.top_k = settings.top_k;
  sampling.top_p = settings.top_p;
  sampling.min_p = settings.min_p;
  sampling.typical_p = settings.typical_p;
  sampling.repeat_penalty = settings.repeat_penalty;
  sampling.presence_penalty = settings.presence_penalty;
  sampling.frequency_penalty = settings.frequency_penalty;
  sampling.seed = settings.seed ? std::optional<int64_t>(*settings.seed) : std::nullopt;
  result.max_tokens = settings.max_tokens;
  result.stop.clear();
  for (const QString& stop : settings.stop) result.stop.push_back(utf8(stop));
  result.context_policy = static_cast<api::ContextPolicy>(settings.context_policy);
  result.adapters.clear();
  for (const ChatAdapter& one : settings.adapters) result.adapters.push_back({utf8(one.file), one.scale});
  return result;
}

}  // namespace diptych::chat
