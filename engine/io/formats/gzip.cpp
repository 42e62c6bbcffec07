#include "engine/io/formats/gzip.h"

#include <zlib.h>

#include <array>

#include "engine/core/error.h"

namespace diptych {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // zlib's largest window, with gzip's header

struct InflateStream {
  z_stream state{};
  ~InflateStream() { inflateEnd(&state); }
};

[[noreturn]] void refuse_gzip(const std::string& name, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot unpack", name, why, "copy or download the file again");
}

}  // namespace

std::string gunzip(std::span<const std::byte> packed, const std::string& name, size_t limit_bytes) {
  InflateStream stream;
  if (inflateInit2(&stream.state, gzip_window_bits) != Z_OK) refuse_gzip(name, "zlib did not start");
  stream.state.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.state.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::array<char, 1 << 16> some;
  int status = Z_OK;
  while (status == Z_OK) {
    stream.state.next_out = reinterpret_cast<Bytef*>(some.data());
    stream.state.avail_out = static_cast<uInt>(some.size());
    status = inflate(&stream.state, Z_NO_FLUSH);
    text.append(some.data(), some.size() - stream.state.avail_out);
    if (text.size() > limit_bytes) refuse_gzip(name, "it is larger than it should be");
  }
  if (status != Z_STREAM_END) refuse_gzip(name, "it is damaged or cut off");
  return text;
}

}  // namespace diptych
