#include "engine/host/chat/completion_run.h"

#include <utility>

#include "engine/api/sse.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

using api::Json;

Json bytes_of(const std::string& token) {
  Json bytes = Json::array();
  for (const char c : token) bytes.push_back(static_cast<unsigned char>(c));
  return bytes;
}

Json entry(const TokenLogprob& token) {
  return {{"token", token.token}, {"logprob", token.logprob}, {"bytes", bytes_of(token.token)}};
}

Json chat_logprobs(const std::vector<TokenScores>& scores) {
  Json content = Json::array();
  for (const TokenScores& score : scores) {
    Json token = entry(score.chosen);
    token["top_logprobs"] = Json::array();
    for (const TokenLogprob& other : score.top) token["top_logprobs"].push_back(entry(other));
    content.push_back(std::move(token));
  }
  return {{"content", std::move(content)}};
}

Json text_logprobs(const std::vector<TokenScores>& scores, size_t& offset) {
  Json tokens = Json::array(), values = Json::array(), tops = Json::array(), offsets = Json::array();
  for (const TokenScores& score : scores) {
    tokens.push_back(score.chosen.token);
    values.push_back(score.chosen.logprob);
    Json top = Json::object();
    for (const TokenLogprob& other : score.top) top[other.token] = other.logprob;
    tops.push_back(std::move(top));
    offsets.push_back(offset);
    offset += score.chosen.token.size();
  }
  return {{"tokens", tokens}, {"token_logprobs", values}, {"top_logprobs", tops}, {"text_offset", offsets}};
}

Json usage_of(const GenerateResult& result) {
  return {{"prompt_tokens", result.prompt_tokens},
          {"completion_tokens", result.completion_tokens},
          {"total_tokens", result.prompt_tokens + result.completion_tokens},
          {"prompt_tokens_details", {{"cached_tokens", result.cached_tokens}}}};
}

Json timings_of(const GenerationOutcome& outcome) {
  return {{"ttft_ms", api::FieldWriter::write(outcome.metrics.ttft_ms)},
          {"tokens_per_s", api::FieldWriter::write(outcome.metrics.tokens_per_s)},
          {"prefill_ms", outcome.result.prefill_s * 1e3},
          {"decode_ms", outcome.result.decode_s * 1e3}};
}

// A context that is full is what OpenAI calls a length.
std::string openai_reason(const std::string& reason) {
  return reason == "context" ? "length" : reason;
}

Json envelope(const CompletionRun& run, const char* object) {
  return {{"id", run.id}, {"object", object}, {"created", run.created_s}, {"model", run.model}};
}

}  // namespace

CompletionRun::CompletionRun(api::CompletionRequest asked, std::string model_id, std::shared_ptr<Job> its_job)
    : request(std::move(asked)),
      model(std::move(model_id)),
      id((request.is_chat() ? "chatcmpl-" : "cmpl-") + its_job->id()),
      created_s(now_ms() / 1000),
      job(std::move(its_job)) {}

void CompletionRun::add(Portion&& portion) {
  {
    const std::lock_guard lock(mutex_);
    pending_.text += portion.text;
    pending_.thinking += portion.thinking;
    pending_.scores.insert(pending_.scores.end(), std::make_move_iterator(portion.scores.begin()),
                           std::make_move_iterator(portion.scores.end()));
  }
  changed_.notify_one();
}

void CompletionRun::finish(GenerationOutcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    ended_ = true;
  }
  changed_.notify_one();
}

void CompletionRun::fail(std::exception_ptr error) {
  {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    ended_ = true;
  }
  changed_.notify_one();
}

bool CompletionRun::take(Portion& portion, SteadyClock::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [&] { return ended_ || !pending_.empty(); });
  portion = std::exchange(pending_, {});
  return !ended_ || !portion.empty();
}

Json whole_answer(const CompletionRun& run, const Portion& all) {
  const GenerationOutcome& outcome = run.outcome();
  Json choice{{"index", 0}};
  if (run.request.is_chat()) {
    Json message{{"role", "assistant"}, {"content", all.text}};
    if (!all.thinking.empty()) message["reasoning_content"] = all.thinking;
    choice["message"] = std::move(message);
    choice["logprobs"] = run.request.logprobs >= 0 ? chat_logprobs(all.scores) : Json(nullptr);
  } else {
    size_t offset = run.request.echo ? run.request.prompt.size() : 0;
    choice["text"] = (run.request.echo ? run.request.prompt : "") + all.thinking + all.text;
    choice["logprobs"] = run.request.logprobs >= 0 ? text_logprobs(all.scores, offset) : Json(nullptr);
  }
  choice["finish_reason"] = openai_reason(outcome.result.finish_reason);
  Json answer = envelope(run, run.request.is_chat() ? "chat.completion" : "text_completion");
  answer["choices"] = Json::array({std::move(choice)});
  answer["usage"] = usage_of(outcome.result);
  answer["timings"] = timings_of(outcome);
  return answer;
}

void CompletionStream::chunk(std::string& out, const Portion& portion, const std::string& finish_reason) {
  const api::CompletionRequest& request = run_->request;
  const bool chat = request.is_chat();
  Json choice{{"index", 0}};
  if (chat) {
    Json delta = Json::object();
    if (!std::exchange(started_, true)) delta["role"] = "assistant";
    if (!portion.thinking.empty()) delta["reasoning_content"] = portion.thinking;
    if (!portion.text.empty() || (delta.contains("role") && portion.thinking.empty())) delta["content"] = portion.text;
    choice["delta"] = std::move(delta);
    if (request.logprobs >= 0) choice["logprobs"] = chat_logprobs(portion.scores);
  } else {
    const bool first = !std::exchange(started_, true);
    if (first && request.echo) text_offset_ = request.prompt.size();
    choice["text"] = (first && request.echo ? request.prompt : "") + portion.thinking + portion.text;
    if (request.logprobs >= 0) choice["logprobs"] = text_logprobs(portion.scores, text_offset_);
  }
  choice["finish_reason"] = finish_reason.empty() ? Json(nullptr) : Json(openai_reason(finish_reason));
  Json event = envelope(*run_, chat ? "chat.completion.chunk" : "text_completion");
  event["choices"] = Json::array({std::move(choice)});
  if (request.include_usage) event["usage"] = nullptr;
  if (!finish_reason.empty()) event["timings"] = timings_of(run_->outcome());
  api::write_event(out, "", "", api::dump(event));
}

bool CompletionStream::next(std::string& out, SteadyClock::time_point until) {
  Portion portion;
  if (run_->take(portion, until)) {
    if (!portion.empty()) chunk(out, portion, "");
    return true;
  }
  if (run_->error()) {
    api::write_event(out, "", "", api::dump(api::error_body(describe(run_->error()))));
  } else {
    chunk(out, {}, run_->outcome().result.finish_reason);
    if (run_->request.include_usage) {
      Json event = envelope(*run_, run_->request.is_chat() ? "chat.completion.chunk" : "text_completion");
      event["choices"] = Json::array();
      event["usage"] = usage_of(run_->outcome().result);
      api::write_event(out, "", "", api::dump(event));
    }
  }
  api::write_event(out, "", "", "[DONE]");
  return false;
}

}  // namespace diptych::host
