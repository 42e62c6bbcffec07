// diptych tokenize: ids of texts, as JSON.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/model_ref.h"
#include "engine/text/text_source.h"

namespace diptych::cli {
namespace {

struct TokenizeOptions {
  std::string model, text, file;
  bool special = false;
};

void run(const TokenizeOptions& options) {
  const auto tokenizer = TextSource::open(resolve_model(options.model, ModelKind::text)).tokenizer();
  const EncodeOptions encode{options.special, options.special};
  nlohmann::json result;
  if (options.file.empty()) {
    result = tokenizer->encode(options.text, encode);
  } else {
    const nlohmann::json texts = read_json_file(options.file);
    const auto fail = [&] {
      throw Error(ErrorCategory::invalid_file, "cannot tokenize", options.file, "it is no list of strings",
                  "write it as [\"text\", …]");
    };
    if (!texts.is_array()) fail();
    result = nlohmann::json::array();
    for (const auto& text : texts) {
      if (!text.is_string()) fail();
      result.push_back(tokenizer->encode(text.get_ref<const std::string&>(), encode));
    }
  }
  std::printf("%s\n", result.dump().c_str());
}

}  // namespace

void add_tokenize(CLI::App& root) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = root.add_subcommand("tokenize", "Show the token ids of a text");
  command->add_option("model", options->model, "A GGUF file, a Hugging Face folder or a name from the model index")
      ->required();
  CLI::Option* text = command->add_option("--text", options->text, "The text");
  command->add_option("--file", options->file, "A JSON list of strings")->excludes(text);
  command->add_flag("--special", options->special,
                    "Add BOS and EOS as the model's files say, recognise control tokens");
  command->callback([options, command] {
    if (command->count("--text") + command->count("--file") == 0) throw CLI::RequiredError("--text or --file");
    run(*options);
  });
}

}  // namespace diptych::cli
