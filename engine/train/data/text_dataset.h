// A recipe's text as examples, with a part of it held out for validation.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/core/parallel.h"
#include "engine/train/data/example_builder.h"
#include "engine/train/data/text_files.h"
#include "engine/train/data/text_statistics.h"

namespace diptych::train {

struct TextDataset {
  std::vector<TextRecord> records;
  std::vector<Example> examples;
  std::vector<Rejected> rejected;
  std::map<std::string, int64_t> notes;
  TextStatistics statistics;

  bool preferences() const { return !examples.empty() && examples.front().sequences.size() == 2; }
};

// Error (invalid_argument) where preferences and other records are mixed.
TextDataset build_text_dataset(TextFiles files, const ExampleBuilder& builder, ThreadPool& pool);

// Whether a record is held out: a share of all, by what it says, so that it stays on its side when others come or go,
// and what stands in the data twice is on one side.
bool held_out(const TextRecord& record, double fraction);

struct TextData {
  TextDataset training, validation;
};

// Error: invalid_argument where nothing is left to learn from, with the first reason; see read_text_source().
TextData load_text_data(const Recipe& recipe, const ExampleBuilder& builder, ThreadPool& pool);

}  // namespace diptych::train
