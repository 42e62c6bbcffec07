#include "engine/host/http/answer.h"

#include <utility>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

// A kill loses at most this and the time of one transaction; 200 ms are promised.
constexpr auto journal_after = std::chrono::milliseconds(130);

std::string event_data(const char* name, const api::Message& message) {
  return api::dump(api::Json{{name, api::to_json(message)}});
}

}  // namespace

Answer::Answer(Conversations& owner, std::string conversation, std::shared_ptr<Channel> channel,
               std::shared_ptr<Job> job, ModelLease lease, api::Message message, GenerateRequest request)
    : owner_(owner),
      conversation_(std::move(conversation)),
      id_(message.id),
      channel_(std::move(channel)),
      job_(std::move(job)),
      lease_(std::move(lease)),
      request_(std::move(request)),
      before_(message.metrics) {
  request_.cancel = job_->cancel;
}

void Answer::run() {
  GenerationOutcome outcome;
  std::exception_ptr failure;
  try {
    job_->cancel.throw_if_cancelled();
    const auto model = owner_.services_.models.get(lease_.id());
    job_->start();
    const auto energy = owner_.services_.joules();
    outcome =
        run_generation(*model, request_, owner_.services_.meter, asked_, [this](Portion&& portion) { grow(portion); });
    const auto energy_after = owner_.services_.joules();
    if (energy && energy_after && outcome.result.completion_tokens > 0) {
      outcome.metrics.joules_per_token =
          (*energy_after - *energy) / static_cast<double>(outcome.result.completion_tokens);
    }
    if (outcome.metrics.tokens_per_s) owner_.services_.models.measured(lease_.id(), *outcome.metrics.tokens_per_s);
  } catch (...) {
    failure = std::current_exception();
  }
  finish(outcome, failure);
}

void Answer::grow(const Portion& portion) {
  const std::string piece = api::dump(api::Json{{"text", portion.text}, {"thinking", portion.thinking}});
  const auto now = SteadyClock::now();
  {
    const std::lock_guard lock(channel_->mutex);
    api::Message& message = channel_->live[id_];
    message.text += portion.text;
    message.thinking += portion.thinking;
    if (!portion.thinking.empty()) {
      if (thinking_since_ == SteadyClock::time_point{}) thinking_since_ = now;
      message.thinking_ms = std::chrono::duration<double, std::milli>(now - thinking_since_).count();
    }
    // The piece's JSON is made once: {"message":"id", and the rest of it.
    channel_->topic->publish("answer_grew", "{\"message\":\"" + id_ + "\"," + piece.substr(1));
  }
  job_->grew(piece);
  schedule_journal(journal_after, false);
}

void Answer::schedule_journal(std::chrono::milliseconds delay, bool again) {
  {
    const std::lock_guard lock(channel_->mutex);
    if (journal_scheduled_) return;
    journal_scheduled_ = true;
  }
  auto self = shared_from_this();
  auto task = [self](Database& database) {
    api::Message now;
    {
      const std::lock_guard lock(self->channel_->mutex);
      self->journal_scheduled_ = false;
      const auto found = self->channel_->live.find(self->id_);
      if (found == self->channel_->live.end() || found->second.state != api::MessageState::writing) return;
      now = found->second;
    }
    store::update_text(database, now.id, now.text, now.thinking, now.thinking_ms);
  };
  auto done = [self](std::exception_ptr failure) {
    if (!failure) return;
    self->warn(failure);
    self->schedule_journal(write_again_after, true);
  };
  if (again) {
    owner_.services_.writer.retry(std::move(task), std::move(done), delay);
  } else {
    owner_.services_.writer.post(std::move(task), std::move(done), delay);
  }
}

void Answer::warn(const std::exception_ptr& failure) {
  const api::ErrorInfo error = describe(failure);
  const std::lock_guard lock(channel_->mutex);
  if (std::exchange(warned_, true)) return;
  log_warning("the answer " + id_ + " cannot be saved: " + error.message);
  channel_->topic->publish("warning", api::dump(api::Json{{"message", id_}, {"error", api::to_json(error)}}));
}

void Answer::finish(const GenerationOutcome& outcome, const std::exception_ptr& failure) {
  std::optional<api::ErrorInfo> error;
  if (failure) error = describe(failure);
  const bool cancelled = job_->cancel.cancelled();
  api::JobState ended = api::JobState::done;
  api::Message done;
  {
    const std::lock_guard lock(channel_->mutex);
    api::Message& message = channel_->live[id_];
    if (!failure) {
      message.state = api::MessageState::complete;
      message.finish_reason = outcome.result.finish_reason;
      message.metrics = outcome.metrics;
      if (message.settings.is_object()) message.settings["seed"] = outcome.result.seed;
      if (outcome.result.thinking_ms > 0) message.thinking_ms = outcome.result.thinking_ms;
      if (before_.completion_tokens && outcome.metrics.completion_tokens) {
        *message.metrics.completion_tokens += *before_.completion_tokens;
      }
    } else if (cancelled && owner_.interrupted()) {
      message.state = api::MessageState::interrupted;
      message.finish_reason = "interrupted";
      ended = api::JobState::interrupted;
    } else if (cancelled) {
      message.state = api::MessageState::stopped;
      message.finish_reason = "stopped";
      ended = api::JobState::cancelled;
    } else {
      message.state = api::MessageState::failed;
      message.finish_reason = "failed";
      message.error = error;
      ended = api::JobState::failed;
    }
    done = message;
    channel_->jobs.erase(id_);
  }
  save(false);  // ahead of the event: who hears of the end and asks to continue finds it saved
  {
    const std::lock_guard lock(channel_->mutex);
    channel_->topic->publish("answer_ended", event_data("message", done));
  }
  api::Json result = nullptr;
  if (!failure) result = api::Json{{"metrics", api::to_json(outcome.metrics)}};
  job_->end(ended, ended == api::JobState::failed ? error : std::nullopt, std::move(result));
  owner_.notify(conversation_);
  if (wants_title && done.state == api::MessageState::complete && !done.text.empty()) {
    owner_.make_title(conversation_, lease_.id(), question, done.text);
  }
}

// The last state stays in memory, where readers find it, until it is in the database.
void Answer::save(bool again) {
  auto self = shared_from_this();
  auto task = [self](Database& database) {
    api::Message now;
    {
      const std::lock_guard lock(self->channel_->mutex);
      const auto found = self->channel_->live.find(self->id_);
      if (found == self->channel_->live.end()) return;
      now = found->second;
    }
    store::update_message(database, now);
    store::touch(database, self->conversation_, now_ms());
  };
  auto done = [self](std::exception_ptr failure) {
    if (failure) {
      self->warn(failure);
      self->save(true);
      return;
    }
    const std::lock_guard lock(self->channel_->mutex);
    const auto found = self->channel_->live.find(self->id_);
    if (found != self->channel_->live.end() && found->second.state != api::MessageState::writing) {
      self->channel_->live.erase(found);
    }
  };
  if (again) {
    owner_.services_.writer.retry(std::move(task), std::move(done), write_again_after);
  } else {
    owner_.services_.writer.post(std::move(task), std::move(done));
  }
}

}  // namespace diptych::host
