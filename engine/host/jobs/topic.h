// A numbered stream of events in memory: publishers never wait, readers resume where they stopped.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "engine/host/machine/clock.h"

namespace diptych::host {

struct TopicEvent {
  int64_t number = 0;
  std::string type, data;
};

class Topic {
 public:
  explicit Topic(size_t keep = 4096, int64_t first_number = 1)
      : keep_(keep), next_(first_number), first_(first_number) {}

  int64_t publish(std::string type, std::string data);  // the event's number
  void close();                                         // nothing will follow

  int64_t last() const;  // number of the newest event; 0 (or one before the first) where none was published
  int readers() const;

  enum class Next { events, quiet, closed, lost };
  // Appends the events after `number` to `out` and advances it; waits until `until` for the first. `lost`: what follows
  // `number` is no longer kept. `closed`: everything was read and nothing will follow.
  Next read(int64_t& number, std::vector<TopicEvent>& out, SteadyClock::time_point until) const;

 private:
  const size_t keep_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<TopicEvent> events_;
  int64_t next_;
  int64_t first_;  // number of events_.front(), or of what comes next
  bool closed_ = false;
  mutable int readers_ = 0;
};

}  // namespace diptych::host
