#include "engine/host/http/streams.h"

#include <charconv>
#include <thread>
#include <utility>

#include "engine/api/sse.h"

namespace diptych::host {
namespace {

bool read_number(std::string_view text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

}  // namespace

std::string last_event_id(const HttpRequest& request) {
  const std::string& header = request.header("last-event-id");
  return header.empty() ? request.argument("after") : header;
}

std::string event_id(const std::string& run, int64_t number) {
  return run + "-" + std::to_string(number);
}

TopicStream::TopicStream(std::shared_ptr<Topic> topic, std::string run, const std::string& last_id,
                         std::function<Snapshot()> first)
    : topic_(std::move(topic)), run_(std::move(run)), first_(std::move(first)) {
  if (last_id.empty()) return;
  start_ = Start::reset;
  if (last_id.starts_with(run_ + "-") && read_number(std::string_view(last_id).substr(run_.size() + 1), number_)) {
    start_ = Start::resume;
  }
}

void TopicStream::begin(std::string& out, bool reset) {
  const Snapshot snapshot = first_();
  number_ = snapshot.number;
  const std::string id = event_id(run_, number_);
  if (reset) api::write_event(out, id, "reset", "{}");
  for (const TopicEvent& event : snapshot.events) api::write_event(out, id, event.type, event.data);
  // The number alone: a reader that loses the connection before the first event asks for what comes after it.
  if (out.empty()) out = ": open\nid: " + id + "\n\n";
}

bool TopicStream::next(std::string& out, SteadyClock::time_point until) {
  if (start_ != Start::resume) {
    begin(out, std::exchange(start_, Start::resume) == Start::reset);
    return true;
  }
  std::vector<TopicEvent> events;
  switch (topic_->read(number_, events, until)) {
    case Topic::Next::closed:
      return false;
    case Topic::Next::lost:
      begin(out, true);
      return true;
    case Topic::Next::quiet:
      return true;
    case Topic::Next::events:
      break;
  }
  for (const TopicEvent& event : events) api::write_event(out, event_id(run_, event.number), event.type, event.data);
  return true;
}

JobStream::JobStream(std::shared_ptr<Job> job, std::string id, Reader& reader, int64_t after)
    : job_(std::move(job)), id_(std::move(id)), reader_(reader), number_(after) {}

bool JobStream::from_journal(std::string& out) {
  const auto events = reader_.read([&](Database& database) { return store::events_after(database, id_, number_); });
  for (const auto& event : events) {
    api::write_event(out, std::to_string(event.number), event.type, event.data);
    number_ = event.number;
  }
  return !events.empty();
}

bool JobStream::next(std::string& out, SteadyClock::time_point until) {
  if (!job_) {
    from_journal(out);
    return false;
  }
  std::vector<TopicEvent> events;
  switch (job_->events().read(number_, events, until)) {
    case Topic::Next::closed:
      return false;
    case Topic::Next::quiet:
      return true;
    case Topic::Next::lost:
      if (number_ > job_->events().last()) return false;  // an id that was never given
      // Older than what is kept in memory, so it is in the journal, or will be in a moment.
      if (!from_journal(out)) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return true;
    case Topic::Next::events:
      break;
  }
  for (const TopicEvent& event : events) {
    api::write_event(out, std::to_string(event.number), event.type, event.data);
  }
  return true;
}

}  // namespace diptych::host
