// diptych finetune: trains what a recipe says.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/finetune_tasks.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "engine/core/error.h"
#include "engine/io/model_ref.h"
#include "engine/train/data/recipe.h"
#include "engine/train/run.h"
#include "models/checkpoint/describe.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

struct FinetuneOptions {
  std::string recipe, metrics;
  bool resume = false, json = false;
  EngineOptions engine;
};

// A path that the recipe's folder knows, or a name of the library.
std::filesystem::path base_of(const train::Recipe& recipe) {
  const std::filesystem::path path = train::resolved(recipe, recipe.base);
  std::error_code error;
  return std::filesystem::exists(path, error) ? path : resolve_model(recipe.base);
}

std::string step_text(const train::StepMetrics& metrics, int64_t steps) {
  char text[200];
  int used = std::snprintf(text, sizeof text, "step %lld of %lld: loss %.4f, norm %.3f, rate %.2e",
                           static_cast<long long>(metrics.step), static_cast<long long>(steps), metrics.loss,
                           metrics.grad_norm, metrics.learning_rate);
  std::string line(text, static_cast<size_t>(used));
  if (metrics.tokens_per_s) {
    used = std::snprintf(text, sizeof text, ", %.0f tokens/s", *metrics.tokens_per_s);
    line.append(text, static_cast<size_t>(used));
  }
  if (metrics.images_per_s) {
    used = std::snprintf(text, sizeof text, ", %.2f images/s", *metrics.images_per_s);
    line.append(text, static_cast<size_t>(used));
  }
  if (metrics.validation_loss) {
    used = std::snprintf(text, sizeof text, ", validation %.4f", *metrics.validation_loss);
    line.append(text, static_cast<size_t>(used));
  }
  return line;
}

void print_json(const train::RunResult& result, const std::filesystem::path& output) {
  nlohmann::ordered_json json{{"steps", result.steps},      {"finished", result.finished}, {"loss", result.loss},
                              {"validation_loss", nullptr}, {"seconds", result.seconds},   {"output", output.string()}};
  if (result.validation_loss) json["validation_loss"] = *result.validation_loss;
  std::printf("%s\n", json.dump(2).c_str());
}

void run(const FinetuneOptions& options) {
  train::Recipe recipe = train::read_recipe(options.recipe);
  if (options.engine.seed >= 0) recipe.seed = static_cast<uint64_t>(options.engine.seed);
  Context ctx = options.engine.make_context();
  if (ctx.is_meta()) {
    throw Error(ErrorCategory::invalid_argument, "cannot train on", "--device meta",
                "it computes shapes and memory, no values", "use --device cpu");
  }
  ModelRegistry registry;
  models::register_all(registry);
  ProgressLine line;
  LoadOptions load;
  load.cancel = cancel_on_interrupt();
  load.progress = [&](double fraction) {
    line.show("loading " + recipe.base + ": " + std::to_string(static_cast<int>(fraction * 100)) + "%");
  };
  const std::filesystem::path output = train::resolved(recipe, recipe.output);
  train::RunEvents events;
  events.note = say;
  events.step = [&](const train::StepMetrics& metrics, int64_t steps) {
    const std::string text = step_text(metrics, steps);
    if (metrics.validation_loss || metrics.step == steps) {
      line.clear();
      say(text);
    } else {
      line.show(text);
    }
  };
  const Finetune finetune{.ctx = ctx,
                          .registry = registry,
                          .recipe = recipe,
                          .base = base_of(recipe),
                          .load = load,
                          .resume = options.resume,
                          .line = line,
                          .run = [&](train::Task& task, const std::function<void(int64_t)>& sample) {
                            events.sample = sample;
                            return train::run_training(
                                ctx, recipe, task, events,
                                {.resume = options.resume, .jsonl = options.metrics, .cancel = load.cancel});
                          }};
  const bool pictures = models::describe_model(registry, finetune.base).kind == ModelKind::image;
  const train::RunResult result = pictures ? finetune_image(finetune) : finetune_text(finetune);
  line.clear();
  if (!result.finished) say("stopped after step " + std::to_string(result.steps) + ": go on with --resume");
  if (options.json) print_json(result, output);
}

}  // namespace

void say(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

void add_finetune(CLI::App& root) {
  auto options = std::make_shared<FinetuneOptions>();
  CLI::App* command = root.add_subcommand("finetune", "Train a model as a recipe says");
  command->add_option("recipe", options->recipe, "RECIPE.json: base, data, output and what else matters")->required();
  command->add_flag("--resume", options->resume, "Go on from the newest checkpoint of its output");
  command->add_option("--metrics", options->metrics, "Write each step's metrics to this file, a JSON object a line");
  command->add_flag("--json", options->json, "Print the outcome as JSON");
  options->engine.add_to(*command);
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
