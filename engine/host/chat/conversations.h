// Conversations at run time: answers being written, their events and their journal.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/api/conversation.h"
#include "engine/host/chat/conversation_store.h"
#include "engine/host/http/streams.h"
#include "engine/host/jobs/compute_queue.h"
#include "engine/host/jobs/jobs.h"
#include "engine/host/machine/meter.h"
#include "engine/host/models/model_manager.h"
#include "engine/host/store/write_queue.h"

namespace diptych::host {

struct ConversationServices {
  WriteQueue& writer;
  Reader& reader;
  JobBoard& jobs;
  ModelManager& models;
  ComputeQueue& queue;
  Meter& meter;
  std::string run;  // id of this run of the host
  std::function<api::HostSettings()> settings;
  std::function<std::optional<double>()> joules;  // a counter of energy, or unset
  std::function<void(const api::ConversationSummary&)> changed;
};

// The events of one conversation and the answers that are being written (or could not be saved yet).
struct Channel {
  std::mutex mutex;  // what an event says and what `live` holds agree while it is held
  std::shared_ptr<Topic> topic = std::make_shared<Topic>();
  std::map<std::string, api::Message> live;
  std::map<std::string, std::shared_ptr<Job>> jobs;  // of the messages in `live` that are being written
};

class Answer;

class Conversations {
 public:
  explicit Conversations(ConversationServices services) : services_(std::move(services)) {}

  std::vector<api::ConversationSummary> list(const store::ListOptions& options);
  api::Conversation create(const std::string& title, const api::ConversationSettings& settings);
  api::Conversation get(const std::string& id);
  api::ConversationSummary patch(const std::string& id, const api::ConversationPatch& patch);
  api::Message set_message_deleted(const std::string& id, const std::string& message, bool deleted);

  // A new message of the user and its answer.
  api::AnswerStarted send(const std::string& id, const std::string& parent, const std::string& text,
                          const std::string& model);
  api::AnswerStarted answer(const std::string& id, const std::string& parent, const std::string& model);
  api::AnswerStarted continue_answer(const std::string& id, const std::string& message);
  int stop(const std::string& id);

  std::shared_ptr<Stream> events(const std::string& id, const std::string& last_id);

  // At the host's end: what is being written is cut and kept as interrupted; streams end.
  void interrupt();
  void close_streams();
  bool interrupted() const { return interrupted_; }

 private:
  friend class Answer;
  std::shared_ptr<Channel> channel(const std::string& id);
  api::Conversation stored(const std::string& id);
  api::AnswerStarted start(api::Conversation& conversation, std::optional<api::Message> user, api::Message answer,
                           const std::string& model, bool goes_on);
  void notify(const std::string& id);
  void make_title(const std::string& id, const std::string& model, const std::string& question,
                  const std::string& answer);

  ConversationServices services_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Channel>> channels_;
  CancelToken title_cancel_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace diptych::host
