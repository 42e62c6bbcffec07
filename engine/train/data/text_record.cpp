#include "engine/train/data/text_record.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/io/files/sha256.h"

namespace diptych::train {
namespace {

using nlohmann::json;

// Why a record is none; thrown and caught in this file only.
struct NoRecord {
  std::string why;
};

const json* member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_in(const json& object, const char* key) {
  const json* found = member(object, key);
  if (found == nullptr) throw NoRecord{"it has no \"" + std::string(key) + "\""};
  if (!found->is_string()) throw NoRecord{"its \"" + std::string(key) + "\" is no text"};
  return found->get<std::string>();
}

// OpenAI's contents are texts or lists of parts.
std::string content_of(const json& message, const std::string& place) {
  const json* content = member(message, "content");
  if (content == nullptr && member(message, "tool_calls") != nullptr)
    throw NoRecord{place + " calls a tool, which is not learnt"};
  if (content == nullptr) throw NoRecord{place + " has no content"};
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array()) throw NoRecord{place + " has a content that is no text"};
  std::string text;
  for (const json& part : *content) {
    if (!part.is_object() || part.value("type", json()) != "text" || !part.value("text", json()).is_string())
      throw NoRecord{place + " has a part that is no text"};
    text += part["text"].get<std::string>();
  }
  return text;
}

using Roles = std::map<std::string, std::string, std::less<>>;

const Roles openai_roles{
    {"system", "system"}, {"developer", "system"}, {"user", "user"}, {"assistant", "assistant"}, {"tool", "tool"}};
const Roles sharegpt_roles{{"system", "system"},   {"human", "user"},        {"user", "user"},
                           {"gpt", "assistant"},   {"chatgpt", "assistant"}, {"assistant", "assistant"},
                           {"model", "assistant"}, {"bard", "assistant"},    {"bing", "assistant"},
                           {"tool", "tool"},       {"observation", "tool"}};

std::string role_of(const json& message, const char* key, const Roles& roles, const std::string& place) {
  const json* role = member(message, key);
  if (role == nullptr || !role->is_string()) throw NoRecord{place + " has no \"" + key + "\""};
  const auto found = roles.find(role->get<std::string>());
  if (found == roles.end()) throw NoRecord{place + " is of \"" + role->get<std::string>() + "\", a role nobody knows"};
  return found->second;
}

std::vector<Message> messages_in(const json& list, bool sharegpt) {
  if (!list.is_array() || list.empty()) throw NoRecord{"its conversation is no list with an entry"};
  std::vector<Message> messages;
  for (const json& entry : list) {
    const std::string place = "message " + std::to_string(messages.size() + 1);
    if (!entry.is_object()) throw NoRecord{place + " is no object"};
    Message message;
    message.role =
        sharegpt ? role_of(entry, "from", sharegpt_roles, place) : role_of(entry, "role", openai_roles, place);
    message.content = sharegpt ? text_in(entry, "value") : content_of(entry, place);
    messages.push_back(std::move(message));
  }
  return messages;
}

bool blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

TextRecord conversation(const json& object, bool sharegpt, std::vector<std::string>& notes) {
  const char* key = sharegpt ? "conversations" : "messages";
  const json* list = member(object, key);
  if (list == nullptr) throw NoRecord{"it has no \"" + std::string(key) + "\""};
  TextRecord record;
  record.shape = RecordShape::messages;
  if (const json* system = member(object, "system"); system != nullptr && system->is_string() && sharegpt)
    record.messages.push_back({"system", system->get<std::string>()});
  for (Message& message : messages_in(*list, sharegpt)) record.messages.push_back(std::move(message));
  const auto answers = std::ranges::count(record.messages, "assistant", &Message::role);
  if (answers == 0) throw NoRecord{"it has no answer of the assistant"};
  for (const Message& message : record.messages)
    if (message.role == "assistant" && blank(message.content)) throw NoRecord{"an answer in it is empty"};
  if (member(object, "tools") != nullptr)
    notes.emplace_back("\"tools\" are not learnt: the conversation is used without");
  return record;
}

// A prompt is a text, or a list of messages as TRL has it.
std::vector<Message> prompt_in(const json& object) {
  std::vector<Message> messages;
  if (const json* system = member(object, "system"); system != nullptr && system->is_string())
    if (!system->get_ref<const std::string&>().empty()) messages.push_back({"system", system->get<std::string>()});
  if (const json* prompt = member(object, "prompt"); prompt != nullptr && prompt->is_array()) {
    for (Message& message : messages_in(*prompt, false)) messages.push_back(std::move(message));
    return messages;
  }
  const bool instructed = member(object, "prompt") == nullptr && member(object, "instruction") != nullptr;
  std::string prompt = text_in(object, instructed ? "instruction" : "prompt");
  if (instructed && member(object, "input") != nullptr) {
    const std::string input = text_in(object, "input");
    if (!blank(input)) prompt += "\n\n" + input;
  }
  if (blank(prompt)) throw NoRecord{"its prompt is empty"};
  messages.push_back({"user", std::move(prompt)});
  return messages;
}

// A text, or the messages behind the prompt, of which there is one.
std::string answer_in(const json& object, const char* key) {
  const json* answer = member(object, key);
  std::string text;
  if (answer != nullptr && answer->is_array()) {
    const std::vector<Message> messages = messages_in(*answer, false);
    if (messages.back().role != "assistant") throw NoRecord{"its \"" + std::string(key) + "\" ends with no answer"};
    if (messages.size() > 1) throw NoRecord{"its \"" + std::string(key) + "\" is more than one answer"};
    text = messages.back().content;
  } else {
    text = text_in(object, key);
  }
  if (blank(text)) throw NoRecord{"its \"" + std::string(key) + "\" is empty"};
  return text;
}

const char* completion_key(const json& object) {
  for (const char* key : {"completion", "output", "response"})
    if (member(object, key) != nullptr) return key;
  return nullptr;
}

RecordShape shape_of(const json& object) {
  if (member(object, "messages") != nullptr) return RecordShape::messages;
  if (member(object, "conversations") != nullptr) return RecordShape::conversations;
  if (member(object, "chosen") != nullptr && member(object, "rejected") != nullptr) return RecordShape::preference;
  if (completion_key(object) != nullptr) return RecordShape::completion;
  if (member(object, "text") != nullptr) return RecordShape::text;
  throw NoRecord{
      "it has neither \"messages\" nor \"conversations\", \"prompt\" and \"completion\", \"chosen\" and "
      "\"rejected\", or \"text\""};
}

TextRecord record_in(const json& object, RecordShape shape, std::vector<std::string>& notes) {
  if (!object.is_object()) throw NoRecord{"it is no JSON object"};
  if (shape == RecordShape::automatic) shape = shape_of(object);
  TextRecord record;
  record.shape = shape;
  switch (shape) {
    case RecordShape::messages:
    case RecordShape::conversations:
      return conversation(object, shape == RecordShape::conversations, notes);
    case RecordShape::completion: {
      const char* key = completion_key(object);
      record.messages = prompt_in(object);
      record.text = answer_in(object, key == nullptr ? "completion" : key);
      return record;
    }
    case RecordShape::preference:
      record.messages = prompt_in(object);
      record.text = answer_in(object, "chosen");
      record.rejected = answer_in(object, "rejected");
      if (record.text == record.rejected) throw NoRecord{"its chosen and rejected answers are the same"};
      return record;
    case RecordShape::text:
      record.text = text_in(object, "text");
      if (blank(record.text)) throw NoRecord{"its text is empty"};
      return record;
    case RecordShape::automatic:
    case RecordShape::images:
      break;
  }
  throw NoRecord{"it is no text"};
}

}  // namespace

std::variant<TextRecord, std::string> text_record(const json& object, RecordShape shape,
                                                  std::vector<std::string>& notes) {
  try {
    return record_in(object, shape, notes);
  } catch (const NoRecord& none) {
    return none.why;
  }
}

std::string content_hash(const TextRecord& record) {
  json said = json::array({static_cast<int>(record.shape), record.text, record.rejected});
  for (const Message& message : record.messages) said.push_back({message.role, message.content});
  const std::string text = said.dump(-1, ' ', false, json::error_handler_t::replace);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

}  // namespace diptych::train
