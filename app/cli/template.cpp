// diptych template: the prompt that a chat template makes of a conversation.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/model_ref.h"
#include "engine/text/chat_template.h"
#include "engine/text/text_source.h"

namespace diptych::cli {
namespace {

using nlohmann::ordered_json;

struct TemplateCommandOptions {
  std::string source, messages, tools, variables;
  bool no_generation_prompt = false;
};

// Strict as every file, then once more in the order of its keys, which prompts show.
ordered_json read_ordered(const std::string& file) {
  const std::string text = read_text_file(file);
  parse_json(text, file);
  return ordered_json::parse(text);
}

[[noreturn]] void wrong_kind(const std::string& file, const char* why, const char* to_do) {
  throw Error(ErrorCategory::invalid_file, "cannot render the chat template", file, why, to_do);
}

struct Source {
  std::shared_ptr<const ChatTemplate> program;
  ordered_json variables = ordered_json::object();
};

Source open_source(const TemplateCommandOptions& options) {
  if (std::filesystem::path(options.source).extension() == ".jinja")
    return {ChatTemplate::parse(read_text_file(options.source), options.source), ordered_json::object()};
  const std::filesystem::path path = resolve_model(options.source, ModelKind::text);
  const TextSource text = TextSource::open(path);
  Source source{text.chat_template(!options.tools.empty()), text.template_variables()};
  if (source.program == nullptr) {
    throw Error(ErrorCategory::not_found, "cannot render the chat template", path.string(), "the model has none",
                "name a template file that ends in .jinja");
  }
  return source;
}

void run(const TemplateCommandOptions& options) {
  Source source = open_source(options);
  TemplateOptions rendering;
  rendering.add_generation_prompt = !options.no_generation_prompt;
  const ordered_json messages = read_ordered(options.messages);
  if (!messages.is_array())
    wrong_kind(options.messages, "it is no list of messages", "write it as [{\"role\": …, \"content\": …}, …]");
  if (!options.tools.empty()) {
    rendering.tools = read_ordered(options.tools);
    if (!rendering.tools.is_array() && !rendering.tools.is_null())
      wrong_kind(options.tools, "it is no list of tools", "write it as [{\"type\": \"function\", …}, …]");
  }
  rendering.variables = std::move(source.variables);
  if (!options.variables.empty()) {
    const ordered_json more = read_ordered(options.variables);
    if (!more.is_object()) wrong_kind(options.variables, "it is no JSON object", "write it as {\"name\": value, …}");
    rendering.variables.update(more);
  }
  const std::string prompt = source.program->render(messages, rendering);
  std::fwrite(prompt.data(), 1, prompt.size(), stdout);
}

}  // namespace

void add_template(CLI::App& root) {
  auto options = std::make_shared<TemplateCommandOptions>();
  CLI::App* command = root.add_subcommand("template", "Show the prompt that a chat template makes of a conversation");
  command
      ->add_option("model", options->source,
                   "A GGUF file, a Hugging Face folder, a name from the model index, or a template FILE.jinja")
      ->required();
  command->add_option("--messages", options->messages, "A JSON list of messages")->required();
  command->add_option("--tools", options->tools, "A JSON list of tools");
  command->add_option("--variables", options->variables, "A JSON object of further variables (enable_thinking, …)");
  command->add_flag("--no-generation-prompt", options->no_generation_prompt, "Do not open the assistant's turn");
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
