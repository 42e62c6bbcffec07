// The reservation table: what was promised memory and has not taken all of it yet. Nobody else may count on that.
//
// Promises are made from a prediction before anything is loaded, and end when what they were for has ended.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace diptych::host {

enum class MemoryUser { text_model, image_run, training };

class MemoryTable {
  struct Entry {
    MemoryUser user;
    int64_t bytes;
    std::function<int64_t()> taken_bytes;
  };

 public:
  // `available_bytes`: what this process may take from the system now; any thread.
  explicit MemoryTable(std::function<int64_t()> available_bytes) : available_bytes_(std::move(available_bytes)) {}

  // Until it is destroyed, before the table.
  class Claim {
   public:
    Claim() = default;
    Claim(Claim&& other) noexcept : table_(std::exchange(other.table_, nullptr)), entry_(other.entry_) {}
    Claim& operator=(Claim&& other) noexcept;
    ~Claim() { end(); }
    void end();

   private:
    friend class MemoryTable;
    Claim(MemoryTable* table, std::list<Entry>::iterator entry) : table_(table), entry_(entry) {}
    MemoryTable* table_ = nullptr;
    std::list<Entry>::iterator entry_{};
  };

  // `taken_bytes`: of them that are in use already. Called on any thread, it must not wait for who asks for free bytes.
  Claim claim(MemoryUser user, int64_t bytes, std::function<int64_t()> taken_bytes);

  // What is available less what is promised to others than `own` and the claims of `but_of`. May be below zero.
  int64_t free_bytes(const Claim* own = nullptr, std::optional<MemoryUser> but_of = {}) const;

 private:
  std::function<int64_t()> available_bytes_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;
};

}  // namespace diptych::host
