#include "engine/io/formats/safetensors.h"

#include <array>
#include <cstring>

#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::testing;

namespace {

std::string with_header(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string text(reinterpret_cast<const char*>(&length), 8);
  return text + header + std::string(data_bytes, '\1');
}

std::shared_ptr<const SafetensorsFile> parse(std::vector<std::byte> bytes) {
  return SafetensorsFile::parse(MappedFile::adopt(std::move(bytes), "f.safetensors"));
}

void write_sample(const std::filesystem::path& path, const std::string& prefix = "") {
  const std::array<float, 6> wide{1, 2, 3, 4, 5, 6};
  const std::array<uint8_t, 3> narrow{7, 8, 9};
  const std::array<NamedTensor, 3> tensors{{{prefix + "narrow", DType::u8, {3}, std::as_bytes(std::span(narrow))},
                                            {prefix + "wide", DType::f32, {2, 3}, std::as_bytes(std::span(wide))},
                                            {prefix + "none", DType::f16, {0, 4}, {}}}};
  write_safetensors(path, tensors, {{"format", "pt"}});
}

}  // namespace

TEST(Safetensors, ReadsWhatWasWritten) {
  TemporaryFolder folder;
  write_sample(folder / "f.safetensors");
  const auto file = SafetensorsFile::open(folder / "f.safetensors");
  EXPECT_EQ(file->metadata().at("format"), "pt");
  const auto wide = file->require("wide");
  EXPECT_EQ(wide.dims, (Shape{2, 3}));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(wide.data) % 4, 0u);
  EXPECT_EQ(reinterpret_cast<const float*>(wide.data)[5], 6.f);
  EXPECT_EQ(std::to_integer<int>(file->require("narrow").data[2]), 9);
  EXPECT_EQ(file->require("none").bytes, 0u);
}

TEST(Safetensors, TruncatedAtEveryByteIsAnError) {
  TemporaryFolder folder;
  write_sample(folder / "f.safetensors");
  const auto bytes = read_bytes(folder / "f.safetensors");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Error error = error_of([&] { parse({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)}); });
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file) << size;
    EXPECT_NE(error.why().find("byte"), std::string::npos) << error.what();
  }
}

TEST(Safetensors, FlippedBitsNeverCrash) {
  TemporaryFolder folder;
  write_sample(folder / "f.safetensors");
  const auto bytes = read_bytes(folder / "f.safetensors");
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = bytes;
      flipped[at] ^= std::byte(1 << bit);
      try {
        const auto file = parse(flipped);
        for (const auto& entry : file->entries()) {
          if (entry.type) {
            EXPECT_TRUE(file->find(entry.name));
          }
        }
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(Safetensors, UnalignedDataIsCopied) {
  const auto file = parse(as_bytes(with_header(
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})",
      5)));
  const auto view = file->require("b");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(view.data) % 4, 0u);
  uint32_t bits = 0;
  std::memcpy(&bits, view.data, 4);
  EXPECT_EQ(bits, 0x01010101u);
}

TEST(Safetensors, HostileHeadersAreErrors) {
  const std::vector<std::pair<std::string, size_t>> cases{
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 8},                      // size does not fit
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8},                      // bytes behind
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8},                      // a gap
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 8},                      // backwards
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4},                     // negative
      {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4},                    // no integer
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0},  // product overflows
      {R"({"a":{"dtype":"F32","shape":[9223372036854775807,2,2],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       8},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       4},
      {R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4},
      {R"({"__metadata__":{"a":1}})", 0},
      {R"([1])", 0},
      {R"({)", 0},
  };
  for (const auto& [header, data] : cases) {
    const std::string file = with_header(header, data);
    EXPECT_EQ(error_of([&] { parse(as_bytes(file)); }).category(), ErrorCategory::invalid_file) << header;
  }
  std::string huge = with_header("{}", 0);
  std::memset(huge.data(), 0x7f, 8);
  EXPECT_EQ(error_of([&] { parse(as_bytes(huge)); }).category(), ErrorCategory::invalid_file);
}

TEST(Safetensors, IndexOpensItsFilesAndNothingElse) {
  TemporaryFolder folder;
  write_sample(folder / "m-1.safetensors", "a.");
  write_sample(folder / "m-2.safetensors", "b.");
  const auto index = folder / "model.safetensors.index.json";
  write_bytes(index, R"({"weight_map":{"a.wide":"m-1.safetensors","b.narrow":"m-2.safetensors"}})");
  const auto file = SafetensorsFile::open_index(index);
  EXPECT_EQ(file->entries().size(), 2u);
  EXPECT_EQ(reinterpret_cast<const float*>(file->require("a.wide").data)[0], 1.f);
  EXPECT_EQ(std::to_integer<int>(file->require("b.narrow").data[0]), 7);
  for (const char* name : {"../m-1.safetensors", "/etc/passwd", "sub/m.safetensors", "..", "", "m-1.bin"}) {
    write_bytes(index, std::string(R"({"weight_map":{"a.wide":")") + name + "\"}}");
    EXPECT_EQ(error_of([&] { SafetensorsFile::open_index(index); }).category(), ErrorCategory::invalid_file) << name;
  }
  write_bytes(index, R"({"weight_map":{"c":"m-1.safetensors"}})");
  EXPECT_EQ(error_of([&] { SafetensorsFile::open_index(index); }).category(), ErrorCategory::invalid_file);
  write_bytes(index, R"({"weight_map":{"c":"m-9.safetensors"}})");
  EXPECT_EQ(error_of([&] { SafetensorsFile::open_index(index); }).category(), ErrorCategory::not_found);
}

TEST(Safetensors, WriterRefusesWhatTheFormatCannotHold) {
  TemporaryFolder folder;
  const std::vector<std::byte> block(18);
  const std::array<NamedTensor, 1> tensors{{{"q", DType::q4_0, {32}, block}}};
  EXPECT_EQ(error_of([&] { write_safetensors(folder / "f", tensors); }).category(), ErrorCategory::unsupported);
  EXPECT_FALSE(std::filesystem::exists(folder / "f"));
}
