// One OpenAI request between the device's thread, which writes it, and the connection's, which sends it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "engine/api/error.h"
#include "engine/api/openai.h"
#include "engine/host/chat/generation.h"
#include "engine/host/http/http.h"
#include "engine/host/jobs/jobs.h"

namespace diptych::host {

class CompletionRun {
 public:
  CompletionRun(api::CompletionRequest request, std::string model, std::shared_ptr<Job> job);

  // Device's thread.
  void add(Portion&& portion);
  void finish(GenerationOutcome outcome);
  void fail(std::exception_ptr error);

  // Connection's thread: what came since the last call. False: it ended, and everything was taken.
  bool take(Portion& portion, SteadyClock::time_point until);
  const GenerationOutcome& outcome() const { return outcome_; }  // after the end
  std::exception_ptr error() const { return error_; }            // after the end

  const api::CompletionRequest request;
  const std::string model, id;
  const int64_t created_s;
  const std::shared_ptr<Job> job;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Portion pending_;
  bool ended_ = false;
  GenerationOutcome outcome_;
  std::exception_ptr error_;
};

api::Json whole_answer(const CompletionRun& run, const Portion& all);

// Chunks as OpenAI's clients expect them; the generation is cancelled when the client goes away.
class CompletionStream final : public Stream {
 public:
  explicit CompletionStream(std::shared_ptr<CompletionRun> run) : run_(std::move(run)) {}
  ~CompletionStream() override { run_->job->cancel.cancel(); }
  bool next(std::string& out, SteadyClock::time_point until) override;

 private:
  void chunk(std::string& out, const Portion& portion, const std::string& finish_reason);

  std::shared_ptr<CompletionRun> run_;
  bool started_ = false;
  size_t text_offset_ = 0;
};

}  // namespace diptych::host
