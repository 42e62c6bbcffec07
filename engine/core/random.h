// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3").
//
// A value depends on seed, stream name and index alone, so results do not depend on batch, threads or order.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace diptych {

// Ten rounds on one counter; the published test vectors hold.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class RandomStream {
 public:
  // `purpose` keeps the streams of one seed apart: "sampler", "latents", "dropout", …
  RandomStream(uint64_t seed, std::string_view purpose);

  uint64_t bits(uint64_t index) const;   // the index-th value, uniform over 64 bits
  double uniform(uint64_t index) const;  // in [0, 1), 53 bits

 private:
  std::array<uint32_t, 2> key_;
  uint64_t stream_;
};

// A seed nobody asked for: from the system's entropy, small enough to be typed (31 bits).
int64_t fresh_seed();

}  // namespace diptych
