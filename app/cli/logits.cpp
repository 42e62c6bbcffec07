// diptych logits: the logits that a language model gives after each of some tokens.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/load_model.h"
#include "engine/core/error.h"
#include "engine/io/formats/tensor_file.h"

namespace diptych::cli {
namespace {

struct LogitsOptions {
  std::string model, out;
  std::vector<int32_t> tokens;
  EngineOptions engine;
};

void run(const LogitsOptions& options) {
  Context ctx = options.engine.make_context();
  ctx.cancel = cancel_on_interrupt();
  if (ctx.is_meta()) {
    throw Error(ErrorCategory::unsupported, "cannot compute logits on device", "meta", "it computes no values",
                "use --device cpu");
  }
  const auto model = load_causal_lm(ctx, options.model);
  write_tensors(options.out, {{"logits", model->forward(ctx, Batch::single(options.tokens), nullptr)}});
}

}  // namespace

void add_logits(CLI::App& root) {
  auto options = std::make_shared<LogitsOptions>();
  CLI::App* command = root.add_subcommand("logits", "Write the logits after each of some tokens");
  command->add_option("model", options->model, "A GGUF file, a model folder or a name from the model index")
      ->required();
  command->add_option("--tokens", options->tokens, "Token ids: 1,2,3")->delimiter(',')->required();
  command->add_option("--out", options->out, "Safetensors file to write: logits [tokens, vocab]")->required();
  options->engine.add_to(*command);
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
