#include "engine/host/jobs/topic.h"

#include <utility>

namespace diptych::host {

int64_t Topic::publish(std::string type, std::string data) {
  bool wanted = false;
  int64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = next_++;
    events_.push_back({number, std::move(type), std::move(data)});
    if (events_.size() > keep_) {
      events_.pop_front();
      ++first_;
    }
    wanted = readers_ > 0;
  }
  if (wanted) changed_.notify_all();
  return number;
}

void Topic::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

int64_t Topic::last() const {
  const std::lock_guard lock(mutex_);
  return next_ - 1;
}

int Topic::readers() const {
  const std::lock_guard lock(mutex_);
  return readers_;
}

Topic::Next Topic::read(int64_t& number, std::vector<TopicEvent>& out, SteadyClock::time_point until) const {
  std::unique_lock lock(mutex_);
  ++readers_;
  changed_.wait_until(lock, until, [&] { return closed_ || next_ > number + 1; });
  --readers_;
  if (number + 1 < first_ || number >= next_) return Next::lost;
  if (next_ == number + 1) return closed_ ? Next::closed : Next::quiet;
  for (size_t i = static_cast<size_t>(number + 1 - first_); i < events_.size(); ++i) out.push_back(events_[i]);
  number = next_ - 1;
  return Next::events;
}

}  // namespace diptych::host
