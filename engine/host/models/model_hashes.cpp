#include "engine/host/models/model_hashes.h"

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/host/machine/thread_name.h"
#include "engine/io/library/model_hash.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

// What must be the same for a hash to hold. Error: as hashed_files().
std::string state_of_files(const fs::path& model) {
  std::string state;
  for (const fs::path& file : hashed_files(model)) {
    std::error_code error;
    state += file.string() + " " + std::to_string(fs::file_size(file, error)) + " " +
             std::to_string(fs::last_write_time(file, error).time_since_epoch().count()) + "\n";
  }
  return state;
}

}  // namespace

ModelHashes::ModelHashes(std::chrono::milliseconds patience) : patience_(patience), thread_([this] { work(); }) {}

ModelHashes::~ModelHashes() {
  stop();
  thread_.join();
}

void ModelHashes::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  cancel_.cancel();
  changed_.notify_all();
}

std::string ModelHashes::get(const fs::path& model) {
  std::string state;
  try {
    if (auto known = known_model_hash(model, KnownHashes())) return std::move(*known);
    state = state_of_files(model);
  } catch (const Error&) {
    return {};  // a picture was made with it, so that this is no news
  }
  std::unique_lock lock(mutex_);
  Entry& entry = entries_[model];  // stays where it is
  if (entry.state != state) {
    entry = {.state = state, .made = false, .waited_for = false, .hash = {}};
    wanted_.push_back(model);
    changed_.notify_all();
  }
  if (!std::exchange(entry.waited_for, true)) {
    changed_.wait_for(lock, patience_, [&] { return stopping_ || entry.made; });
  }
  return entry.hash;
}

void ModelHashes::work() {
  name_this_thread("hashes");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !wanted_.empty(); });
    if (stopping_) return;
    const fs::path model = std::move(wanted_.front());
    wanted_.pop_front();
    const std::string state = entries_[model].state;
    lock.unlock();
    std::string hash;
    try {
      hash = model_hash(model, cancel_);
    } catch (const Error& error) {
      if (!cancel_.cancelled()) log_warning("pictures go without their model's hash: " + std::string(error.what()));
    }
    lock.lock();
    Entry& entry = entries_[model];
    if (entry.state == state) {
      entry.hash = std::move(hash);
      entry.made = true;
    }
    changed_.notify_all();
  }
}

}  // namespace diptych::host
