// Writes a GGUF v3 file beside its place and renames it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.h"
#include "engine/io/formats/gguf_metadata.h"
#include "kernels/common/dtype.h"

namespace diptych {

class GgufWriter {
 public:
  void set(std::string_view key, std::string_view value);
  void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }
  void set(std::string_view key, uint32_t value);
  void set(std::string_view key, int32_t value);
  void set(std::string_view key, uint16_t value);
  void set(std::string_view key, uint64_t value);
  void set(std::string_view key, float value);
  void set(std::string_view key, bool value);
  void set(std::string_view key, std::span<const std::string> values);
  void set(std::string_view key, std::span<const float> values);
  void set(std::string_view key, std::span<const int32_t> values);
  void set(std::string_view key, const GgufValue& value);  // as another file has it

  // dims outermost first. The producer is called once, while the file is written, and gives exactly the tensor's bytes.
  using Producer = std::function<std::vector<std::byte>()>;
  void add_tensor(std::string name, DType type, const Shape& dims, Producer producer);
  void add_tensor(std::string name, DType type, const Shape& dims, std::span<const std::byte> data);  // copied

  // general.alignment of the file: a power of two; written as metadata where it is not 32.
  void set_alignment(uint32_t alignment);

  void write(const std::filesystem::path& path) const;  // Error (io)

 private:
  struct Tensor {
    std::string name;
    DType type;
    Shape dims;
    Producer producer;
  };
  std::string& start(std::string_view key, GgufType type);
  std::string header() const;

  std::string pairs_;
  uint64_t pair_count_ = 0;
  std::vector<Tensor> tensors_;
  uint32_t alignment_ = 32;
};

}  // namespace diptych
