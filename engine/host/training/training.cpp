#include "engine/host/training/training.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/host/http/errors.h"
#include "engine/host/training/training_data.h"
#include "engine/host/training/training_results.h"
#include "engine/host/training/training_word.h"
#include "engine/train/image/token_training.h"

namespace diptych::host {

Training::Training(TrainingServices services)
    : services_(std::move(services)),
      pool_(services_.threads > 0 ? services_.threads : usable_cores()),
      bases_(services_.registry, services_.models),
      planner_({services_.registry, bases_, services_.writer, services_.reader,
                // A run that is under way ends before, and what is not used makes room.
                [this] {
                  return services_.memory.free_bytes(nullptr, MemoryUser::training) + services_.unused_bytes() +
                         worker_.memory().total_bytes;
                },
                services_.system_memory, services_.roofline, [this] { return services_.settings().watts; }}),
      worker_({services_.registry, services_.threads, services_.queue, services_.memory, services_.meter,
               services_.joules}),
      exports_(services_.registry, services_.jobs),
      runs_({services_.queue, services_.jobs, services_.writer, services_.reader, services_.models, planner_, worker_,
             services_.make_room,
             [this](const api::TrainingRun& run) { services_.publish("training_changed", api::to_json(run)); },
             [this](const std::string& id) {
               services_.publish("training_removed", {{"id", id}});
             }}) {}

TrainingTarget Training::target_of(const api::RecipeBody& body) {
  return training_target(body.recipe, services_.models, "new");
}

api::GoalPresets Training::presets(const api::RecipeBody& body) {
  const TrainingTarget target = target_of(body);
  const plan::Trainable base = bases_.trainable(target.path, target.kind);
  plan::GoalFacts facts;
  {
    const std::lock_guard lock(pool_mutex_);
    facts = goal_facts(target, base, pool_);
  }
  facts.context_length = services_.models.info(target.id).context_length;
  const bool chosen = body.recipe.contains("output");  // else each run gets a folder of its own
  api::GoalPresets presets;
  for (const plan::Goal& goal : plan::goals_for(target.recipe, facts)) {
    api::GoalPreset& preset = presets.presets.emplace_back();
    preset.name = goal.name;
    preset.title = goal.title;
    preset.explanation = goal.explanation;
    preset.reasons = goal.reasons;
    preset.recommended = goal.recommended;
    preset.recipe = recipe_json(goal.recipe, target.id);
    if (!chosen) preset.recipe.erase("output");
  }
  return presets;
}

// The one that was asked for, or the final one, or the latest.
api::TrainingResult Training::result_of(const api::TrainingRun& run, const std::string& path) const {
  for (const api::TrainingResult& result : training_results(run)) {
    if (path.empty() || result.path == path) return result;
  }
  throw Error(ErrorCategory::not_found, "cannot find a result of", run.name,
              path.empty() ? "there is none yet" : "there is none at " + path.substr(0, 300),
              "wait for its first checkpoint, or ask it to save one");
}

api::KeptWord Training::keep(const api::TrainingRun& run, const api::KeepBody& body) const {
  const api::TrainingResult result = result_of(run, body.result);
  if (!result.is_embedding) {
    throw Error(ErrorCategory::unsupported, "cannot keep as a word", run.name, "no word was learnt",
                "use what it learnt as an adapter");
  }
  return keep_word(result, run.base_path);
}

api::CompareStarted Training::compare(const api::TrainingRun& run, const api::CompareBody& body) {
  const api::TrainingResult result = result_of(run, body.result);
  if (!result.is_adapter && !result.is_embedding) {
    throw Error(ErrorCategory::unsupported, "cannot compare", run.name,
                "all weights were trained: it is a model of its own", "load it beside the base and ask both");
  }
  if (result.is_embedding && !train::names_token(body.prompt, result.token)) {
    throw Error(ErrorCategory::invalid_argument, "cannot compare", run.name,
                "the prompt does not name " + result.token + ", so that both would be the same",
                "write the word into the prompt: a photo of " + result.token);
  }
  api::CompareStarted started;
  started.seed = body.seed.value_or(fresh_seed());
  if (run.kind == api::TrainingKind::text) {
    api::CompletionRequest request;
    request.model = run.base_path;
    request.messages = api::Json::array({{{"role", "user"}, {"content", body.prompt}}});
    request.sampling.seed = started.seed;
    request.max_tokens = body.max_tokens;
    started.base_job = services_.completions.start(request, run.name + ": the base");
    request.adapters = {{result.path, body.scale}};
    started.tuned_job = services_.completions.start(request, run.name + ": with what was learnt");
    return started;
  }
  if (services_.images == nullptr) {
    throw Error(ErrorCategory::unsupported, "cannot compare", run.name, "this host makes no pictures",
                "start one that does");
  }
  auto settings = body.settings.is_object() ? api::from_json<api::ImageSettings>(body.settings) : api::ImageSettings{};
  settings.model = run.base_path;
  settings.prompt = body.prompt;
  settings.seed = started.seed;
  settings.adapters.clear();
  if (result.is_embedding) {
    settings.prompt = without_word(body.prompt, result.token, run.recipe.value("token_start", ""));
    started.base_job = services_.images->start(settings).job;
    settings.prompt = body.prompt;
    settings.embeddings = word_files(result);
    started.tuned_job = services_.images->start(settings).job;
    return started;
  }
  started.base_job = services_.images->start(settings).job;
  api::ImageAdapter adapter;
  adapter.file = result.path;
  adapter.scale = body.scale;
  settings.adapters = {adapter};
  started.tuned_job = services_.images->start(settings).job;
  return started;
}

}  // namespace diptych::host
