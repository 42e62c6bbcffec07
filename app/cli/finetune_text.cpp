#include <memory>

#include "app/cli/finetune_tasks.h"
#include "app/cli/training_samples.h"

namespace diptych::cli {

void describe_texts(const train::TextData& data) {
  const train::TextStatistics& statistics = data.training.statistics;
  say(std::to_string(statistics.records) + " records, " + std::to_string(statistics.examples) + " examples, " +
      std::to_string(statistics.tokens) + " tokens (" + std::to_string(statistics.learnt_tokens) +
      " learnt), held out " + std::to_string(data.validation.examples.size()) + " examples");
  say_rejected(data.training.rejected, data.training.notes);
  say_rejected(data.validation.rejected, data.validation.notes);
}

ShowSamples text_samples(Context& ctx, const train::Recipe& recipe, const train::TextTask& task) {
  auto samples = std::make_shared<TrainingSamples>(ctx, task.base(), recipe.sample_prompts,
                                                   train::resolved(recipe, recipe.output) / "samples.jsonl");
  return [samples](int64_t step) { samples->write(step); };
}

}  // namespace diptych::cli
