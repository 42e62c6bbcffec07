// The last step of encoding: a piece of normalised text to ids.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace diptych {

class PieceModel {
 public:
  virtual ~PieceModel() = default;
  virtual void encode(std::string_view piece, std::vector<int32_t>& out) const = 0;
};

}  // namespace diptych
