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
#include "app/cli/training_base.h"
#include "app/cli/training_room.h"
#include "engine/core/error.h"
#include "engine/train/data/recipe.h"
#include "engine/train/open_task.h"
#include "engine/train/runs/run.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

struct FinetuneOptions {
  std::string recipe, metrics;
  bool resume = false, json = false;
  double memory_limit_gb = 0;  // 0: what is free
  EngineOptions engine;
};

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
  const TrainingBase base = training_base(registry, recipe);
  const auto encoding = [&](double share) {
    line.show("encoding pictures and captions: " + std::to_string(static_cast<int>(share * 100)) + "%");
  };
  // Nothing is loaded before it is known what the data are like and what the run will take.
  const train::TaskData data = train::read_task_data(recipe, base.path, base.kind, ctx.pool());
  if (data.texts) describe_texts(*data.texts);
  if (data.pictures) describe_pictures(*data.pictures);
  check_room(registry, recipe, base, data, options.memory_limit_gb, options.resume, load.cancel);
  const train::OpenedTask opened =
      train::open_task(ctx, registry, recipe, base.path, base.kind, load, {.data = data, .encoding = encoding});
  line.clear();
  if (opened.image != nullptr && !opened.image->cache_problem().empty())
    say("encodings are not kept: " + opened.image->cache_problem());
  const ShowSamples show = opened.text != nullptr ? text_samples(ctx, recipe, *opened.text)
                                                  : picture_samples(ctx, recipe, *opened.image_base);
  // What the base makes, to compare with.
  if (opened.image != nullptr && recipe.sample_every > 0 && !options.resume) show(0);
  events.sample = [&](int64_t step) {
    line.clear();
    show(step);
  };
  const train::RunResult result = train::run_training(
      ctx, recipe, *opened.task, events, {.resume = options.resume, .jsonl = options.metrics, .cancel = load.cancel});
  line.clear();
  if (!result.finished) say("stopped after step " + std::to_string(result.steps) + ": go on with --resume");
  if (options.json) print_json(result, output);
}

}  // namespace

void say(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

void say_rejected(const std::vector<train::Rejected>& rejected, const std::map<std::string, int64_t>& notes) {
  for (const train::Rejected& one : rejected)
    say("rejected: " + one.origin.file + ", " + one.origin.place + ": " + one.reason);
  for (const auto& [note, times] : notes) say(note + ": " + std::to_string(times));
}

void add_finetune(CLI::App& root) {
  auto options = std::make_shared<FinetuneOptions>();
  CLI::App* command = root.add_subcommand("finetune", "Train a model as a recipe says");
  command->add_option("recipe", options->recipe, "RECIPE.json: base, data, output and what else matters")->required();
  command->add_flag("--resume", options->resume, "Go on from the newest checkpoint of its output");
  command->add_option("--metrics", options->metrics, "Write each step's metrics to this file, a JSON object a line");
  command->add_flag("--json", options->json, "Print the outcome as JSON");
  command
      ->add_option("--memory-limit", options->memory_limit_gb,
                   "GB that the run may need as predicted (default: what is free)")
      ->check(CLI::Range(1e-6, 1e6));
  options->engine.add_to(*command);
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
