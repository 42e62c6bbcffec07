// Chat templates: the Jinja programs that turn a conversation into a model's prompt.
//
// Rendered as transformers does (trim_blocks, lstrip_blocks, loop controls, immutable sandbox, its `tojson`). Templates
// are untrusted: steps, depth, output and memory are limited, and going over a limit is an Error (invalid_file).
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace diptych {

class GgufFile;
struct HfFolder;

namespace jinja {
struct Template;
}

struct TemplateOptions {
  bool add_generation_prompt = true;
  nlohmann::ordered_json tools;      // list of JSON schemas, or null
  nlohmann::ordered_json documents;  // list, or null
  nlohmann::ordered_json variables;  // object of further variables: bos_token, eos_token, enable_thinking, …
  int64_t now = 0;                   // for strftime_now, seconds since 1970 (local time is shown); 0: the clock
};

class ChatTemplate {
 public:
  // Error (invalid_file) with line and reason where the source is no template. `name` is for messages.
  static std::shared_ptr<const ChatTemplate> parse(std::string source, std::string name);

  // Error (unsupported) where the template refuses the conversation (raise_exception) or cannot work on it.
  std::string render(const nlohmann::ordered_json& messages, const TemplateOptions& options = {}) const;

  const std::string& source() const { return source_; }
  const std::string& name() const { return name_; }

 private:
  ChatTemplate() = default;

  std::string source_, name_;
  std::shared_ptr<const jinja::Template> program_;
};

// nullptr: the model has none. With `tools` the template named "tool_use" is taken where the model has several.
std::shared_ptr<const ChatTemplate> load_chat_template(const GgufFile& file, bool tools = false);
std::shared_ptr<const ChatTemplate> load_chat_template(const HfFolder& folder, bool tools = false);

// The special tokens that templates name: bos_token, eos_token, unk_token, pad_token, …; an object.
nlohmann::ordered_json template_variables(const GgufFile& file);
nlohmann::ordered_json template_variables(const HfFolder& folder);

}  // namespace diptych
