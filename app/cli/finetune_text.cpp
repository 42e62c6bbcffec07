#include "app/cli/finetune_tasks.h"
#include "app/cli/training_samples.h"
#include "engine/train/text_task.h"

namespace diptych::cli {
namespace {

void describe_texts(const train::TextData& data) {
  const train::TextStatistics& statistics = data.training.statistics;
  say(std::to_string(statistics.records) + " records, " + std::to_string(statistics.examples) + " examples, " +
      std::to_string(statistics.tokens) + " tokens (" + std::to_string(statistics.learnt_tokens) +
      " learnt), held out " + std::to_string(data.validation.examples.size()) + " examples");
  for (const train::Rejected& one : data.training.rejected)
    say("rejected: " + one.origin.file + ", " + one.origin.place + ": " + one.reason);
  for (const auto& [note, times] : data.training.notes) say(note + ": " + std::to_string(times));
}

}  // namespace

train::RunResult finetune_text(const Finetune& finetune) {
  const train::Recipe& recipe = finetune.recipe;
  train::TextTask task(finetune.ctx, recipe,
                       train::load_text_base(finetune.ctx, finetune.registry, finetune.base, finetune.load));
  finetune.line.clear();
  describe_texts(task.data());
  TrainingSamples samples(finetune.ctx, task.base(), recipe.sample_prompts,
                          train::resolved(recipe, recipe.output) / "samples.jsonl");
  return finetune.run(task, [&](int64_t step) {
    finetune.line.clear();
    samples.write(step);
  });
}

}  // namespace diptych::cli
