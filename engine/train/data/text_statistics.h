// What a set of examples is like: lengths, what was cut, what stands in it twice.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/train/data/example.h"
#include "engine/train/data/text_record.h"

namespace diptych::train {

struct Percentiles {
  int64_t least = 0, p5 = 0, p25 = 0, median = 0, p75 = 0, p95 = 0, p99 = 0, most = 0;
  double mean = 0;
};

// The smallest value that at least the share of all values does not exceed (nearest rank).
Percentiles percentiles(std::vector<int64_t> values);

struct Duplicate {
  Origin first, again;
};

struct TextStatistics {
  int64_t records = 0, examples = 0;
  int64_t tokens = 0, learnt_tokens = 0;
  std::vector<int64_t> lengths;             // tokens of each record before anything was cut
  Percentiles length;                       // of these
  int64_t overlong = 0;                     // records longer than the sequence
  int64_t cut_tokens = 0;                   // lost to cutting
  int64_t duplicates = 0;                   // records that say what an earlier one says
  std::vector<Duplicate> first_duplicates;  // some of them
};

// Finds records that say the same.
void find_duplicates(std::span<const TextRecord> records, TextStatistics& statistics);

}  // namespace diptych::train
