// RRDBNet's weights under the names of its newest form, whatever the file's age, and its sizes, which are told by their
// extents: such files have no configuration.
#pragma once

#include <memory>

#include "engine/io/formats/weights.h"

namespace diptych::models {

struct RrdbConfig {
  int64_t blocks = 23;
  int64_t channels = 64, growth = 32;  // of a block; of each dense layer
  int64_t unshuffle = 1;               // pixels of a side that become channels first
  int64_t doublings = 2;               // of the sides, behind the blocks

  int64_t scale() const { return (int64_t{1} << doublings) / unshuffle; }
};

struct RrdbFile {
  std::shared_ptr<const WeightFile> weights;
  RrdbConfig config;
};

// Names of Real-ESRGAN (conv_first, body.0.rdb1.conv1, …, with or without params_ema in front), of ESRGAN's later
// (RRDB_trunk.0.RDB1.conv1) and earlier (model.1.sub.0.RDB1.conv1.0) files. Error (unsupported): none of these, or a
// network of another form.
RrdbFile rrdb_file(std::shared_ptr<const WeightFile> weights);

}  // namespace diptych::models
