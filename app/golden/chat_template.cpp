// Kind chat_template: conversations through a Jinja template, with and without the start of an answer.
#include "engine/text/chat_template.h"

#include <ctime>

#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"

namespace diptych::golden {
namespace {

using nlohmann::ordered_json;

// 2025-03-09 14:05:06 of the local clock: what strftime_now sees in the reference.
int64_t reference_time() {
  std::tm parts{};
  parts.tm_year = 2025 - 1900;
  parts.tm_mon = 2;
  parts.tm_mday = 9;
  parts.tm_hour = 14;
  parts.tm_min = 5;
  parts.tm_sec = 6;
  parts.tm_isdst = -1;
  return std::mktime(&parts);
}

TemplateOptions options_of(const Case& one, const ordered_json& conversation) {
  TemplateOptions options;
  options.now = reference_time();
  options.variables = one.description().value("tokens", ordered_json::object());
  for (const auto& [name, value] : conversation.items()) {
    if (name == "messages") continue;
    if (name == "tools") {
      options.tools = value;
    } else if (name == "documents") {
      options.documents = value;
    } else {
      options.variables[name] = value;
    }
  }
  return options;
}

ordered_json rendered(const ChatTemplate& program, const ordered_json& messages, const TemplateOptions& options) {
  try {
    return {{"text", program.render(messages, options)}};
  } catch (const Error& error) {
    return {{"error", error.why()}};
  }
}

}  // namespace

Result run_chat_template(Context& /*ctx*/, const Case& one) {
  const auto path = one.file("template.jinja");
  const auto program = ChatTemplate::parse(read_text_file(path), path.string());
  ordered_json rows = ordered_json::array();
  const ordered_json conversations = one.read_json("conversations.json");
  for (const auto& [label, conversation] : conversations.items()) {
    if (!conversation.is_object() || !conversation.contains("messages")) {
      one.fail("kind", "is chat_template, but conversation " + label + " has no messages");
    }
    TemplateOptions options = options_of(one, conversation);
    for (const bool generation : {true, false}) {
      options.add_generation_prompt = generation;
      ordered_json row{{"conversation", label}, {"add_generation_prompt", generation}};
      row.update(rendered(*program, conversation["messages"], options));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace diptych::golden
