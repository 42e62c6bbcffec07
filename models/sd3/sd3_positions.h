// SD3's positions: a table in the file, of whose centre an image takes a part as large as it has patches.
#pragma once

#include "engine/model/weight_loader.h"
#include "models/common/position_table.h"
#include "models/sd3/sd3_config.h"

namespace diptych::models {

class Sd3Positions {
 public:
  Sd3Positions() = default;
  Sd3Positions(WeightLoader& weights, const Sd3Config& config);

  // [lines * columns, width]; both at most the table's side
  Tensor crop(Context& ctx, int64_t lines, int64_t columns) const;

 private:
  bool rounded_formula(Context& ctx) const;

  int64_t side_ = 0;
  PositionForm form_;
  Weight table_;  // [side * side, width]
  // Files in half precision round a table that was computed: then it is computed again.
  bool computed_ = false;
};

}  // namespace diptych::models
