#include "engine/train/data/text_dataset.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/core/error.h"

namespace diptych::train {
namespace {

void add(TextDataset& dataset, int64_t record, BuiltExamples built, int64_t sequence) {
  TextStatistics& statistics = dataset.statistics;
  if (built.longest > 0) statistics.lengths.push_back(built.longest);
  if (built.longest > sequence) ++statistics.overlong;
  statistics.cut_tokens += built.cut_tokens;
  if (!built.rejected.empty()) {
    dataset.rejected.push_back({dataset.records[static_cast<size_t>(record)].origin, std::move(built.rejected)});
    return;
  }
  for (Example& example : built.examples) {
    example.record = record;
    statistics.tokens += example.length();
    for (const TokenSequence& part : example.sequences) statistics.learnt_tokens += part.label_count();
    dataset.examples.push_back(std::move(example));
  }
}

void check_not_mixed(const TextDataset& dataset) {
  const auto pair = [](const Example& example) { return example.sequences.size() == 2; };
  const auto pairs = std::ranges::count_if(dataset.examples, pair);
  if (pairs == 0 || pairs == std::ssize(dataset.examples)) return;
  const Example& first = *std::ranges::find_if(dataset.examples, pair);
  const Origin& origin = dataset.records[static_cast<size_t>(first.record)].origin;
  throw Error(ErrorCategory::invalid_argument, "cannot use examples", origin.file + ", " + origin.place,
              "it is a preference, which is learnt with another loss than the other records",
              "keep preferences and other records in recipes of their own");
}

[[noreturn]] void nothing_left(const std::string& thing, const TextDataset& dataset) {
  if (dataset.rejected.empty())
    throw Error(ErrorCategory::invalid_argument, "cannot train", thing, "there is no record in it",
                "add examples to it");
  const Rejected& first = dataset.rejected.front();
  throw Error(ErrorCategory::invalid_argument, "cannot train", thing,
              "none of its records can be used; the first, " + first.origin.file + ", " + first.origin.place + ": " +
                  first.reason,
              "correct the records");
}

}  // namespace

TextDataset build_text_dataset(TextFiles files, const ExampleBuilder& builder, ThreadPool& pool) {
  TextDataset dataset;
  dataset.records = std::move(files.records);
  dataset.rejected = std::move(files.rejected);
  dataset.notes = std::move(files.notes);
  dataset.statistics.records = std::ssize(dataset.records);
  find_duplicates(dataset.records, dataset.statistics);

  std::vector<BuiltExamples> built(dataset.records.size());
  const auto build = [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
      built[i] = builder.build(dataset.records[i]);
  };
  pool.parallel_for(std::ssize(built), 8, build);

  for (size_t i = 0; i < built.size(); ++i)
    add(dataset, static_cast<int64_t>(i), std::move(built[i]), builder.options().sequence);
  dataset.statistics.examples = std::ssize(dataset.examples);
  dataset.statistics.length = percentiles(dataset.statistics.lengths);
  check_not_mixed(dataset);
  return dataset;
}

bool held_out(const TextRecord& record, double fraction) {
  const uint64_t leading = std::stoull(content_hash(record).substr(0, 13), nullptr, 16);  // 52 bits
  return static_cast<double>(leading) * 0x1p-52 < fraction;
}

TextData load_text_data(const Recipe& recipe, const ExampleBuilder& builder, ThreadPool& pool) {
  TextFiles training = read_text_sources(recipe.data, recipe.folder);
  TextFiles validation;
  if (!recipe.validation.path.empty()) {
    DataSource source = recipe.data.front();  // what its records look like
    source.path = recipe.validation.path;
    validation = read_text_sources(std::span(&source, 1), recipe.folder);
  } else if (recipe.validation.fraction > 0) {
    const auto held =
        std::stable_partition(training.records.begin(), training.records.end(),
                              [&](const TextRecord& record) { return !held_out(record, recipe.validation.fraction); });
    validation.records.assign(std::move_iterator(held), std::move_iterator(training.records.end()));
    training.records.erase(held, training.records.end());
  }
  TextData data;
  data.training = build_text_dataset(std::move(training), builder, pool);
  data.validation = build_text_dataset(std::move(validation), builder, pool);
  if (data.training.examples.empty()) nothing_left(recipe.data.front().path, data.training);
  if (!recipe.validation.path.empty() && data.validation.examples.empty())
    nothing_left(recipe.validation.path, data.validation);
  return data;
}

}  // namespace diptych::train
