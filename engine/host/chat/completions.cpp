#include "engine/host/chat/completions.h"

#include <utility>

#include "engine/core/error.h"
#include "engine/host/chat/completion_run.h"
#include "engine/host/chat/text_adapters.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

GenerateRequest to_generate(const api::CompletionRequest& request, const CancelToken& cancel) {
  GenerateRequest generate;
  generate.messages = request.messages;
  generate.prompt = request.prompt;
  generate.tools = request.tools;
  generate.template_variables = request.template_variables;
  generate.sampling = request.sampling;
  generate.logit_bias = request.logit_bias;
  generate.stop = request.stop;
  generate.max_tokens = request.max_tokens.value_or(0);
  generate.logprobs = request.logprobs;
  generate.adapters = text_adapters(request.adapters);
  generate.cancel = cancel;
  return generate;
}

// `told`: the job's events and result hold the text, too.
void run(const std::shared_ptr<CompletionRun>& completion, ModelManager& models, Meter& meter,
         SteadyClock::time_point asked, bool told) {
  const auto& job = completion->job;
  try {
    job->cancel.throw_if_cancelled();
    const auto model = models.get(completion->model);
    job->start();
    GenerationOutcome outcome;
    std::string text, thinking;
    const auto add = [&](Portion&& portion) {
      if (told) {
        text += portion.text;
        thinking += portion.thinking;
        job->grew(api::dump(api::Json{{"text", portion.text}, {"thinking", portion.thinking}}));
      }
      completion->add(std::move(portion));
    };
    // max_tokens 0 asks for no token at all, where the generator's 0 means no limit.
    if (completion->request.max_tokens == 0) {
      outcome.result.finish_reason = "length";
      if (!completion->request.is_chat())
        outcome.result.prompt_tokens = model->count_tokens(completion->request.prompt);
    } else {
      outcome = run_generation(*model, to_generate(completion->request, job->cancel), meter, asked, add);
    }
    if (outcome.metrics.tokens_per_s) models.measured(completion->model, *outcome.metrics.tokens_per_s);
    api::Json result{{"metrics", api::to_json(outcome.metrics)}};
    if (told) {
      result["text"] = text;
      result["thinking"] = thinking;
    }
    job->end(api::JobState::done, {}, std::move(result));
    completion->finish(std::move(outcome));
  } catch (...) {
    const bool cancelled = job->cancel.cancelled();
    const auto error = describe(std::current_exception());
    job->end(cancelled ? api::JobState::cancelled : api::JobState::failed,
             cancelled ? std::nullopt : std::optional(error));
    completion->fail(std::current_exception());
  }
}

}  // namespace

std::shared_ptr<CompletionRun> Completions::begin(const api::CompletionRequest& request, const std::string& title,
                                                  bool told) {
  const auto asked = SteadyClock::now();
  const std::string id = request.model.empty() ? models_.default_model() : models_.resolve(request.model);
  auto lease = std::make_shared<ModelLease>(models_.use(id));
  auto job = jobs_.create_and_post(api::JobKind::completion, title, {{"model", id}});
  auto completion = std::make_shared<CompletionRun>(request, id, job);
  queue_.post([completion, lease, asked, told, this] { run(completion, models_, meter_, asked, told); });
  return completion;
}

std::string Completions::start(const api::CompletionRequest& request, const std::string& title) {
  return begin(request, title, true)->job->id();
}

HttpResponse Completions::complete(const api::CompletionRequest& request) {
  const auto completion = begin(request, request.is_chat() ? "Chat completion" : "Completion", false);
  if (request.stream) return HttpResponse::event_stream(std::make_shared<CompletionStream>(completion));
  Portion all, portion;
  while (completion->take(portion, SteadyClock::now() + std::chrono::hours(1))) {
    all.text += portion.text;
    all.thinking += portion.thinking;
    all.scores.insert(all.scores.end(), portion.scores.begin(), portion.scores.end());
  }
  if (completion->error()) return failure(completion->error());
  return HttpResponse::json(whole_answer(*completion, all));
}

void Completions::cancel_all() {
  for (const auto& info : jobs_.active()) {
    if (const auto job = jobs_.find(info.id)) job->cancel.cancel();
  }
}

}  // namespace diptych::host
