// Hashes of the models that pictures were made with, on a thread of their own: a model is hashed once, not before its
// first picture is finished, and the device never waits for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "engine/core/cancel.h"

namespace diptych::host {

class ModelHashes {
 public:
  explicit ModelHashes(std::chrono::milliseconds patience);
  ~ModelHashes();
  ModelHashes(const ModelHashes&) = delete;
  ModelHashes& operator=(const ModelHashes&) = delete;

  // As model_hash(). Empty where it cannot be made, or takes longer than the patience, for which a model is waited for
  // once: it is made all the same, for later pictures.
  std::string get(const std::filesystem::path& model);
  void stop();  // gives up what is being hashed; nobody waits any longer

 private:
  struct Entry {
    std::string state;  // of the model's files, when it was made
    bool made = false, waited_for = false;
    std::string hash;
  };
  void work();

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::filesystem::path, Entry> entries_;
  std::deque<std::filesystem::path> wanted_;
  bool stopping_ = false;
  CancelToken cancel_;
  std::thread thread_;
};

}  // namespace diptych::host
