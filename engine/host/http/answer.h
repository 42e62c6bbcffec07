// One answer being written: on the device's thread, journalled while it grows.
#pragma once

#include <memory>
#include <string>

#include "engine/host/chat/conversations.h"
#include "engine/host/chat/generation.h"

namespace diptych::host {

class Answer : public std::enable_shared_from_this<Answer> {
 public:
  Answer(Conversations& owner, std::string conversation, std::shared_ptr<Channel> channel, std::shared_ptr<Job> job,
         ModelLease lease, api::Message message, GenerateRequest request);

  void run();  // the whole of it; never throws

  bool wants_title = false;
  std::string question;

 private:
  void grow(const Portion& portion);
  void finish(const GenerationOutcome& outcome, const std::exception_ptr& failure);
  void schedule_journal(std::chrono::milliseconds delay, bool again);
  void save(bool again);
  void warn(const std::exception_ptr& failure);

  Conversations& owner_;
  const std::string conversation_, id_;
  const std::shared_ptr<Channel> channel_;
  const std::shared_ptr<Job> job_;
  const ModelLease lease_;
  GenerateRequest request_;
  const SteadyClock::time_point asked_ = SteadyClock::now();
  const api::MessageMetrics before_;  // of the part that is continued
  bool journal_scheduled_ = false;    // guarded by the channel's mutex, as are these
  bool warned_ = false;
  SteadyClock::time_point thinking_since_{};
};

}  // namespace diptych::host
