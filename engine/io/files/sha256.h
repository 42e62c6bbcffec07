// SHA-256 of bytes and of files, as lower-case hexadecimal digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "engine/core/cancel.h"

namespace diptych {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::span<const std::byte> bytes);
  std::string finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `progress` hears the bytes done. Error as MappedFile::open; cancelled.
std::string sha256_file(const std::filesystem::path& path, const std::function<void(uint64_t)>& progress = {},
                        const CancelToken& cancel = {});

}  // namespace diptych
