#include <sys/stat.h>

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/io/files/atomic_file.h"
#include "engine/io/files/mapped_file.h"
#include "engine/io/files/utf8.h"
#include "engine/io/formats/json_text.h"
#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::testing;

TEST(MappedFile, ReadsAndSurvivesRelease) {
  TemporaryFolder folder;
  std::string text(5 * 4096 + 17, 'x');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  write_bytes(folder / "f", text);
  const auto file = MappedFile::open(folder / "f");
  ASSERT_EQ(file->bytes().size(), text.size());
  file->release(100, 9000);
  file->release(0, text.size());
  file->release(text.size() + 5, 1);
  file->prefetch(0, text.size());
  EXPECT_EQ(std::memcmp(file->bytes().data(), text.data(), text.size()), 0);
}

TEST(MappedFile, CopiesBytes) {
  TemporaryFolder folder;
  write_bytes(folder / "f", "0123456789");
  const auto mapped = MappedFile::open(folder / "f");
  const auto adopted = MappedFile::adopt({mapped->bytes().begin(), mapped->bytes().end()}, "bytes");
  for (const auto& file : {mapped, adopted}) {
    std::array<std::byte, 4> some{};
    file->read(6, some);
    EXPECT_EQ(std::memcmp(some.data(), "6789", some.size()), 0);
    file->read(10, {});
  }
  // Cut short while it is in use, which touching its pages would not survive.
  std::filesystem::resize_file(folder / "f", 8);
  std::array<std::byte, 4> some{};
  const Error cut = error_of([&] { mapped->read(6, some); });
  EXPECT_EQ(cut.category(), ErrorCategory::io);
  EXPECT_NE(std::string(cut.what()).find("shorter"), std::string::npos) << cut.what();
}

TEST(MappedFile, SaysWhatIsWrong) {
  TemporaryFolder folder;
  write_bytes(folder / "empty", "");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { MappedFile::open(folder / "none"); }).category(), ErrorCategory::not_found);
  EXPECT_EQ(error_of([&] { MappedFile::open(folder.path()); }).category(), ErrorCategory::invalid_argument);
  EXPECT_EQ(error_of([&] { MappedFile::open(folder / "pipe"); }).category(), ErrorCategory::invalid_argument);
  const Error empty = error_of([&] { MappedFile::open(folder / "empty"); });
  EXPECT_EQ(empty.category(), ErrorCategory::invalid_file);
  EXPECT_EQ(empty.thing(), (folder / "empty").string());
}

TEST(AtomicFile, KeepsTheOldFileUntilCommit) {
  TemporaryFolder folder;
  write_text_file(folder / "f", "old");
  {
    AtomicFile file(folder / "f");
    file.write("new");
  }
  EXPECT_EQ(read_text_file(folder / "f"), "old");
  write_text_file(folder / "f", "new");
  EXPECT_EQ(read_text_file(folder / "f"), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);  // nothing left beside
}

TEST(JsonText, IsStrict) {
  EXPECT_EQ(parse_json("{\"a\": [1, {\"a\": 2}]}", "f")["a"][1]["a"], 2);
  const Error twice = error_of([] { parse_json("{\"a\": 1, \"a\": 2}", "f"); });
  EXPECT_NE(std::string(twice.what()).find("twice"), std::string::npos);
  const Error broken = error_of([] { parse_json("{\"a\": }", "f", 100); });
  EXPECT_NE(std::string(broken.what()).find("byte 106"), std::string::npos) << broken.what();
  error_of([] { parse_json(std::string(100000, '['), "f"); });
  error_of([] { parse_json("{\"\xff\": 1}", "f"); });
  error_of([] { parse_json("[1e999]", "f"); });
}

TEST(Utf8, AcceptsOnlyWellFormedText) {
  for (const char* good : {"", "a", "é", "漢字", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\xbc", "\xff", "a\xf0\x9f"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(AtomicFile, FolderThatCannotBeMadeIsAnError) {
  TemporaryFolder folder;
  write_bytes(folder / "file", "x");
  EXPECT_EQ(error_of([&] { AtomicFile file(folder / "file" / "below"); }).category(), ErrorCategory::io);
}
