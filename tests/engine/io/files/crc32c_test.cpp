#include "engine/io/files/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "engine/io/formats/safetensors.h"
#include "tests/engine/io/io_testing.h"

namespace diptych {
namespace {

using testing::as_bytes;
using testing::TemporaryFolder;

// RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
TEST(Crc32c, HasThePublishedValues) {
  std::vector<std::byte> rising(32);
  for (size_t i = 0; i < 32; ++i) rising[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43u);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, GoesOnWhereItStopped) {
  const auto bytes = as_bytes("The sum of a whole is that of its parts, one after the other.");
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::span<const std::byte> all(bytes);
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
  }
}

TEST(SafetensorsSize, IsTheFiles) {
  const TemporaryFolder folder;
  const std::vector<float> values(24);
  const auto bytes = std::as_bytes(std::span(values));
  const std::vector<NamedTensor> tensors{{"a.weight", DType::f32, {4, 6}, bytes},
                                         {"codes", DType::u8, {7}, bytes.first(7)},
                                         {"nothing", DType::f32, {0, 3}, {}}};
  write_safetensors(folder / "x.safetensors", tensors, {{"format", "pt"}});
  EXPECT_EQ(safetensors_bytes(tensors, {{"format", "pt"}}), std::filesystem::file_size(folder / "x.safetensors"));
}

}  // namespace
}  // namespace diptych
