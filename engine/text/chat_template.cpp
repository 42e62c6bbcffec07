#include "engine/text/chat_template.h"

#include <ctime>
#include <utility>

#include "engine/core/error.h"
#include "engine/text/jinja/interpreter.h"
#include "engine/text/jinja/json_input.h"
#include "engine/text/unicode.h"

namespace diptych {
namespace {

using nlohmann::ordered_json;

void define_all(jinja::Interpreter& interpreter, jinja::Runtime& runtime, const ordered_json& messages,
                const TemplateOptions& options) {
  const auto define = [&](const std::string& name, const ordered_json& value) {
    if (interpreter.uses(name)) interpreter.define(name, from_json(runtime, value));
  };
  // transformers always passes these; further variables may say otherwise.
  define("messages", messages);
  define("tools", options.tools);
  define("documents", options.documents);
  define("add_generation_prompt", options.add_generation_prompt);
  if (!options.variables.is_object()) return;
  for (const auto& [name, value] : options.variables.items()) define(name, value);
}

}  // namespace

std::shared_ptr<const ChatTemplate> ChatTemplate::parse(std::string source, std::string name) {
  auto made = std::shared_ptr<ChatTemplate>(new ChatTemplate());
  made->source_ = lossy_utf8(source);
  made->name_ = std::move(name);
  try {
    made->program_ = jinja::parse(made->source_);
  } catch (const jinja::SyntaxFailure& failure) {
    throw Error(ErrorCategory::invalid_file, "cannot read chat template", made->name_,
                "line " + std::to_string(failure.line) + ": " + failure.what(),
                "correct the template, or choose another one");
  }
  return made;
}

std::string ChatTemplate::render(const ordered_json& messages, const TemplateOptions& options) const {
  jinja::Runtime runtime(jinja::Limits{}, options.now != 0 ? options.now : static_cast<int64_t>(std::time(nullptr)));
  jinja::Interpreter interpreter(runtime, *program_);
  const auto where = [&] { return "line " + std::to_string(runtime.line) + ": "; };
  try {
    define_all(interpreter, runtime, messages, options);
    return interpreter.run();
  } catch (const jinja::Failure& failure) {
    throw Error(ErrorCategory::unsupported, "the chat template refuses the conversation", name_,
                where() + failure.what(), "change the conversation, or choose another template");
  } catch (const jinja::LimitFailure& failure) {
    throw Error(ErrorCategory::invalid_file, "the chat template goes beyond its limits", name_,
                where() + failure.what(), "choose another template");
  }
}

}  // namespace diptych
