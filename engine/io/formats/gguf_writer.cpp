#include "engine/io/formats/gguf_writer.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"

namespace diptych {
namespace {

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

void put_string(std::string& out, std::string_view text) {
  put<uint64_t>(out, text.size());
  out.append(text);
}

template <typename T>
void put_array(std::string& out, GgufType element, std::span<const T> values) {
  put(out, static_cast<uint32_t>(element));
  put<uint64_t>(out, values.size());
  out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

}  // namespace

std::string& GgufWriter::start(std::string_view key, GgufType type) {
  put_string(pairs_, key);
  put(pairs_, static_cast<uint32_t>(type));
  ++pair_count_;
  return pairs_;
}

void GgufWriter::set(std::string_view key, std::string_view value) {
  put_string(start(key, GgufType::string), value);
}
void GgufWriter::set(std::string_view key, uint32_t value) {
  put(start(key, GgufType::u32), value);
}
void GgufWriter::set(std::string_view key, int32_t value) {
  put(start(key, GgufType::i32), value);
}
void GgufWriter::set(std::string_view key, uint16_t value) {
  put(start(key, GgufType::u16), value);
}
void GgufWriter::set(std::string_view key, uint64_t value) {
  put(start(key, GgufType::u64), value);
}
void GgufWriter::set(std::string_view key, float value) {
  put(start(key, GgufType::f32), value);
}
void GgufWriter::set(std::string_view key, bool value) {
  put<uint8_t>(start(key, GgufType::boolean), value ? 1 : 0);
}

void GgufWriter::set(std::string_view key, std::span<const std::string> values) {
  std::string& out = start(key, GgufType::array);
  put(out, static_cast<uint32_t>(GgufType::string));
  put<uint64_t>(out, values.size());
  for (const std::string& value : values) put_string(out, value);
}

void GgufWriter::set(std::string_view key, std::span<const float> values) {
  put_array(start(key, GgufType::array), GgufType::f32, values);
}

void GgufWriter::set(std::string_view key, std::span<const int32_t> values) {
  put_array(start(key, GgufType::array), GgufType::i32, values);
}

void GgufWriter::set(std::string_view key, const GgufValue& value) {
  std::string& out = start(key, value.type);
  if (value.type == GgufType::array) {
    put(out, static_cast<uint32_t>(value.element));
    put(out, value.count);
  }
  out.append(reinterpret_cast<const char*>(value.data.data()), value.data.size());
}

void GgufWriter::set_alignment(uint32_t alignment) {
  assert((alignment & (alignment - 1)) == 0 && alignment > 0);
  alignment_ = alignment;
  set("general.alignment", alignment);
}

void GgufWriter::add_tensor(std::string name, DType type, const Shape& dims, Producer producer) {
  if (gguf_tensor_type(type) == nullptr || dims.rank() > 4) {
    throw Error(ErrorCategory::unsupported, "cannot write GGUF file", name,
                "type " + std::string(dtype_name(type)) + " with " + std::to_string(dims.rank()) +
                    " dimensions cannot be stored",
                "choose another type");
  }
  tensors_.push_back({std::move(name), type, dims, std::move(producer)});
}

void GgufWriter::add_tensor(std::string name, DType type, const Shape& dims, std::span<const std::byte> data) {
  add_tensor(std::move(name), type, dims, [bytes = std::vector<std::byte>(data.begin(), data.end())] { return bytes; });
}

std::string GgufWriter::header() const {
  std::string out = "GGUF";
  put<uint32_t>(out, 3);
  put<uint64_t>(out, tensors_.size());
  put(out, pair_count_);
  out += pairs_;
  uint64_t offset = 0;
  for (const Tensor& tensor : tensors_) {
    put_string(out, tensor.name);
    put(out, static_cast<uint32_t>(tensor.dims.rank()));
    for (int axis = tensor.dims.rank() - 1; axis >= 0; --axis)
      put<uint64_t>(out, static_cast<uint64_t>(tensor.dims[axis]));
    put(out, gguf_tensor_type(tensor.type)->id);
    put(out, offset);
    const uint64_t bytes = dtype_bytes(tensor.type, tensor.dims.elements());
    offset += (bytes + alignment_ - 1) / alignment_ * alignment_;
  }
  return out;
}

void GgufWriter::write(const std::filesystem::path& path) const {
  AtomicFile file(path);
  file.write(header());
  file.pad_to(alignment_);
  for (const Tensor& tensor : tensors_) {
    const std::vector<std::byte> data = tensor.producer();
    assert(data.size() == dtype_bytes(tensor.type, tensor.dims.elements()));
    file.write(data);
    file.pad_to(alignment_);
  }
  file.commit();
}

}  // namespace diptych
