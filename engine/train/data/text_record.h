// One example of text as a user's file holds it, before a model's template and tokenizer see it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "engine/train/data/recipe.h"

namespace diptych::train {

struct Origin {
  std::string file, place;  // "chat.jsonl", "line 12"
  bool operator==(const Origin&) const = default;
};

// What is not learnt from, and why.
struct Rejected {
  Origin origin;
  std::string reason;
};

struct Message {
  std::string role, content;  // system, user, assistant or tool
  bool operator==(const Message&) const = default;
};

struct TextRecord {
  Origin origin;
  RecordShape shape = RecordShape::text;  // messages, completion, preference or text
  std::vector<Message> messages;          // the conversation; of the other shapes what leads to the answer
  std::string text;                       // text: all of it; completion: the answer; preference: the better answer
  std::string rejected;                   // preference: the worse answer
};

// Reads {"messages": …} (OpenAI), {"conversations": …} (ShareGPT), {"prompt", "completion"}, {"prompt", "chosen",
// "rejected"} or {"text"}; also "instruction", "input", "output" for a prompt and its completion. `shape` says which,
// or automatic. What is passed over without harm (tools) is added to `notes`. Why it is no record, otherwise.
std::variant<TextRecord, std::string> text_record(const nlohmann::json& object, RecordShape shape,
                                                  std::vector<std::string>& notes);

// Hexadecimal digits of a hash of what the record says, wherever it stands.
std::string content_hash(const TextRecord& record);

}  // namespace diptych::train
