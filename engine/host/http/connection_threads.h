// A thread per open connection, made when needed and kept a while for the next one.
//
// The HTTP library serves a connection on one thread from its first byte to its last, so an open event stream holds its
// thread. These threads only wait and copy bytes: none ever computes, and hundreds of waiting ones cost nothing but
// address space.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace diptych::host {

class ConnectionThreads {
 public:
  explicit ConnectionThreads(int limit = 1024) : limit_(limit) {}
  ~ConnectionThreads() { shutdown(); }

  void enqueue(std::function<void()> task);  // waits its turn where all of them are busy
  void shutdown();                           // returns when the last thread has ended
  int busy() const;

 private:
  void work();

  const int limit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  int threads_ = 0, idle_ = 0;
  bool stopping_ = false;
};

}  // namespace diptych::host
