// Captions as they are shown in an epoch: dropped, their tags shuffled or left out, as drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/train/data/recipe.h"

namespace diptych::train {

// Draws for one entry of the data in one epoch, by seed, purpose and place alone: a run that goes on draws the same.
class EntryDraws {
 public:
  EntryDraws(uint64_t seed, int64_t epoch, int64_t entry) : seed_(seed), epoch_(epoch), entry_(entry) {}

  static constexpr int64_t most_entries = int64_t{1} << 28;
  static constexpr uint64_t draws_each = 1 << 12;  // of one purpose

  double uniform(const char* purpose, uint64_t draw = 0) const;  // in [0, 1)

 private:
  uint64_t seed_;
  int64_t epoch_, entry_;
};

// Of several lines one is drawn. Dropout empties a caption, its prefix too. The first `keep_tags` tags neither move nor
// fall.
std::string drawn_caption(const std::string& caption, const ImageOptions& options, const EntryDraws& draws);

// Without any draw: the first line, behind the prefix.
std::string plain_caption(const std::string& caption, const ImageOptions& options);

// All that drawn_caption() may give, where tags stay as they are.
std::vector<std::string> shown_captions(const std::string& caption, const ImageOptions& options);

}  // namespace diptych::train
