#include "engine/io/formats/gguf.h"

#include <array>
#include <cstring>
#include <numeric>

#include "engine/io/formats/gguf_writer.h"
#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::testing;

namespace {

std::vector<std::byte> sample(const TemporaryFolder& folder) {
  GgufWriter writer;
  writer.set("general.architecture", "llama");
  writer.set("llama.block_count", uint32_t{2});
  writer.set("negative", int32_t{-5});
  writer.set("short", uint16_t{7});
  writer.set("huge", ~uint64_t{0});
  writer.set("eps", 1e-5f);
  writer.set("flag", true);
  const std::array<std::string, 3> tokens{"<s>", "", "é"};
  const std::array<float, 2> scores{0.5f, -1.f};
  const std::array<int32_t, 3> kinds{1, 2, 3};
  writer.set("tokens", std::span<const std::string>(tokens));
  writer.set("scores", std::span<const float>(scores));
  writer.set("kinds", std::span<const int32_t>(kinds));
  std::array<float, 6> values{};
  std::iota(values.begin(), values.end(), 1.f);
  writer.add_tensor("a", DType::f32, {2, 3}, std::as_bytes(std::span(values)));
  writer.add_tensor("b", DType::q4_0, {2, 32}, std::vector<std::byte>(36, std::byte{9}));
  writer.write(folder / "m.gguf");
  return read_bytes(folder / "m.gguf");
}

std::shared_ptr<const GgufFile> parse(std::vector<std::byte> bytes) {
  return GgufFile::parse(MappedFile::adopt(std::move(bytes), "m.gguf"));
}

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}
void put_string(std::string& out, std::string_view text) {
  put<uint64_t>(out, text.size());
  out += text;
}
std::string header(uint64_t tensors, uint64_t pairs) {
  std::string out = "GGUF";
  put<uint32_t>(out, 3);
  put(out, tensors);
  put(out, pairs);
  return out;
}
std::string one_tensor(uint64_t a, uint64_t b, uint32_t type, uint64_t offset) {
  std::string out = header(1, 0);
  put_string(out, "t");
  put<uint32_t>(out, 2);
  put(out, a);
  put(out, b);
  put(out, type);
  put(out, offset);
  return out;
}

}  // namespace

TEST(Gguf, ReadsWhatWasWritten) {
  TemporaryFolder folder;
  sample(folder);
  const auto file = GgufFile::open(folder / "m.gguf");
  EXPECT_EQ(file->architecture(), "llama");
  EXPECT_EQ(file->version(), 3u);
  const GgufMetadata& meta = file->metadata();
  EXPECT_EQ(meta.get_u32("llama.block_count"), 2u);
  EXPECT_EQ(meta.get_i64("negative"), -5);
  EXPECT_EQ(meta.get_u32("short"), 7u);
  EXPECT_FLOAT_EQ(*meta.get_f32("eps"), 1e-5f);
  EXPECT_EQ(meta.get_bool("flag"), true);
  EXPECT_EQ(meta.get_string("missing"), std::nullopt);
  EXPECT_EQ(*meta.get_strings("tokens"), (std::vector<std::string_view>{"<s>", "", "é"}));
  EXPECT_EQ(*meta.get_f32s("scores"), (std::vector<float>{0.5f, -1.f}));
  EXPECT_EQ(*meta.get_i64s("kinds"), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(*meta.get_i64s("llama.block_count"), (std::vector<int64_t>{2}));
  // A value of another kind is an error, not a missing one.
  for (const auto& wrong :
       {std::function<void()>([&] { meta.get_u32("negative"); }), std::function<void()>([&] { meta.get_i64("huge"); }),
        std::function<void()>([&] { meta.get_string("flag"); }),
        std::function<void()>([&] { meta.get_f32s("tokens"); })}) {
    EXPECT_EQ(error_of(wrong).category(), ErrorCategory::invalid_file);
  }

  EXPECT_EQ(file->names(), (std::vector<std::string>{"a", "b"}));
  const auto a = file->require("a");
  EXPECT_EQ(a.dims, (Shape{2, 3}));
  EXPECT_EQ(a.type, DType::f32);
  float value = 0;
  std::memcpy(&value, a.data + 5 * sizeof(float), sizeof(float));
  EXPECT_EQ(value, 6.f);
  a.release();
  EXPECT_EQ(file->require("b").bytes, 36u);
  EXPECT_EQ(file->parameters(), 6 + 64);
  EXPECT_FALSE(file->find("c"));
  EXPECT_EQ(error_of([&] { file->require("c"); }).category(), ErrorCategory::invalid_file);
}

TEST(Gguf, TruncatedAtEveryByteIsAnError) {
  TemporaryFolder folder;
  const auto bytes = sample(folder);
  const size_t last = 36 % 32 == 0 ? 0 : 32 - 36 % 32;  // the padding behind the last tensor carries nothing
  for (size_t size = 0; size < bytes.size() - last; ++size) {
    const Error error = error_of([&] { parse({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)}); });
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file) << size;
    EXPECT_NE(error.why().find("byte"), std::string::npos) << error.what();
    EXPECT_EQ(error.thing(), "m.gguf");
  }
}

TEST(Gguf, FlippedBitsNeverCrash) {
  TemporaryFolder folder;
  const auto bytes = sample(folder);
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = bytes;
      flipped[at] ^= std::byte(1 << bit);
      try {
        const auto file = parse(flipped);
        for (const auto& name : file->names()) {
          const auto view = file->find(name);
          EXPECT_TRUE(view);
        }
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(Gguf, RefusesImpossibleNumbers) {
  const uint64_t many = ~uint64_t{0} / 2;
  const auto refuse = [](std::string text) {
    text.resize(text.size() + 256);
    return error_of([&] { parse(as_bytes(text)); }).category();
  };
  EXPECT_EQ(refuse(header(many, 0)), ErrorCategory::invalid_file);
  EXPECT_EQ(refuse(header(0, many)), ErrorCategory::invalid_file);
  EXPECT_EQ(refuse(one_tensor(many, 4, 0, 0)), ErrorCategory::invalid_file);     // product overflows
  EXPECT_EQ(refuse(one_tensor(many, 1, 28, 0)), ErrorCategory::invalid_file);    // bytes overflow
  EXPECT_EQ(refuse(one_tensor(0, 1, 0, 0)), ErrorCategory::invalid_file);        // no values
  EXPECT_EQ(refuse(one_tensor(4, 4, 77, 0)), ErrorCategory::invalid_file);       // no such type
  EXPECT_EQ(refuse(one_tensor(31, 4, 2, 0)), ErrorCategory::invalid_file);       // no whole blocks
  EXPECT_EQ(refuse(one_tensor(4, 4, 0, 4)), ErrorCategory::invalid_file);        // not aligned
  EXPECT_EQ(refuse(one_tensor(4, 4, 0, 1 << 20)), ErrorCategory::invalid_file);  // beyond the end
  EXPECT_EQ(refuse(one_tensor(4, 4, 0, ~uint64_t{31})), ErrorCategory::invalid_file);
  std::string array = header(0, 1);
  put_string(array, "k");
  put<uint32_t>(array, 9);
  for (const uint32_t element : {0u, 8u, 9u, 12u}) {
    std::string text = array;
    put(text, element);
    put(text, many);
    EXPECT_EQ(refuse(text), ErrorCategory::invalid_file) << element;
  }
  std::string deep = array;
  for (int i = 0; i < 20; ++i) {
    put<uint32_t>(deep, 9);
    put<uint64_t>(deep, 1);
  }
  EXPECT_EQ(refuse(deep), ErrorCategory::invalid_file);
}

TEST(Gguf, KnowsOtherFilesFromItsOwn) {
  std::string text = header(0, 0);
  EXPECT_EQ(parse(as_bytes(text))->entries().size(), 0u);
  text[4] = 1;
  EXPECT_EQ(error_of([&] { parse(as_bytes(text)); }).category(), ErrorCategory::unsupported);
  text.replace(4, 4, std::string("\0\0\0\3", 4));
  EXPECT_NE(error_of([&] { parse(as_bytes(text)); }).why().find("big-endian"), std::string::npos);
}

TEST(Gguf, DuplicatesAndBadKeysAreRefused) {
  const auto pair = [](std::string key) {
    std::string out;
    put_string(out, key);
    put<uint32_t>(out, 7);
    out += '\1';
    return out;
  };
  EXPECT_TRUE(parse(as_bytes(header(0, 1) + pair("k") + std::string(16, '\0')))->metadata().get_bool("k").value());
  error_of([&] { parse(as_bytes(header(0, 2) + pair("k") + pair("k") + std::string(16, '\0'))); });
  error_of([&] { parse(as_bytes(header(0, 1) + pair("\xff") + std::string(16, '\0'))); });
  error_of([&] { parse(as_bytes(header(0, 1) + pair("") + std::string(16, '\0'))); });
}

TEST(Gguf, NestedArrays) {
  std::string text = header(0, 1);
  put_string(text, "k");
  put<uint32_t>(text, 9);
  put<uint32_t>(text, 9);
  put<uint64_t>(text, 2);
  for (const uint8_t count : {1, 2}) {
    put<uint32_t>(text, 0);
    put<uint64_t>(text, count);
    text.append(count, 'x');
  }
  const auto file = parse(as_bytes(text));
  const auto arrays = file->metadata().get_arrays("k");
  ASSERT_EQ(arrays->size(), 2u);
  EXPECT_EQ((*arrays)[1].count, 2u);
  EXPECT_EQ((*arrays)[1].data.size(), 2u);
}

TEST(Gguf, UnsupportedTypesOpenButAreNotHandedOut) {
  std::string text = one_tensor(256, 1, 16, 0);  // IQ2_XXS
  text.resize((text.size() + 31) / 32 * 32 + 66);
  const auto file = parse(as_bytes(text));
  EXPECT_EQ(file->entries()[0].type_name, "IQ2_XXS");
  const Error error = error_of([&] { (void)file->find("t"); });
  EXPECT_EQ(error.category(), ErrorCategory::unsupported);
}

TEST(Gguf, OpensAWholeSetAndNamesAMissingPart) {
  TemporaryFolder folder;
  const std::array<float, 2> values{1, 2};
  for (uint16_t i = 0; i < 3; ++i) {
    GgufWriter writer;
    writer.set("split.no", i);
    writer.set("split.count", uint16_t{3});
    writer.set("split.tensors.count", int32_t{3});
    writer.add_tensor(std::string(1, 't').append(std::to_string(i)), DType::f32, {2}, std::as_bytes(std::span(values)));
    writer.write(folder / std::string("m-0000").append(std::to_string(i + 1)).append("-of-00003.gguf"));
  }
  for (const char* name : {"m-00001-of-00003.gguf", "m-00002-of-00003.gguf"}) {
    const auto file = GgufFile::open(folder / name);
    EXPECT_EQ(file->names(), (std::vector<std::string>{"t0", "t1", "t2"}));
    EXPECT_EQ(file->files().size(), 3u);
    EXPECT_TRUE(file->find("t2"));
  }
  std::filesystem::copy_file(folder / "m-00001-of-00003.gguf", folder / "m-00002-of-00003.gguf",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(error_of([&] { GgufFile::open(folder / "m-00001-of-00003.gguf"); }).category(),
            ErrorCategory::invalid_file);
  std::filesystem::remove(folder / "m-00002-of-00003.gguf");
  const Error missing = error_of([&] { GgufFile::open(folder / "m-00001-of-00003.gguf"); });
  EXPECT_EQ(missing.category(), ErrorCategory::not_found);
  EXPECT_EQ(missing.thing(), (folder / "m-00002-of-00003.gguf").string());
}
