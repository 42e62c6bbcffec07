#include "engine/host/training/training_data.h"

#include <algorithm>
#include <map>

#include "engine/core/error.h"
#include "engine/host/http/errors.h"
#include "engine/host/training/training_word.h"
#include "engine/model/model_source.h"
#include "engine/train/data/picture_batches.h"
#include "engine/train/data/picture_checks.h"
#include "engine/train/data/picture_dataset.h"
#include "engine/train/data/text_dataset.h"
#include "engine/train/text_task.h"

namespace diptych::host {
namespace {

constexpr size_t most_listed_records = 1000;
constexpr int histogram_bins = 20;

struct TextReader {
  ModelSource source;
  std::shared_ptr<const Tokenizer> tokenizer;
  train::ExampleBuilder builder;
};

TextReader text_reader(const TrainingTarget& target) {
  ModelSource source = open_model(target.path);
  auto tokenizer = train::tokenizer_of(source);
  train::ExampleBuilder builder = train::example_builder(target.recipe, source, tokenizer);
  return {std::move(source), std::move(tokenizer), std::move(builder)};
}

// A value of an example or picture every `width`, at most twenty of them.
std::vector<api::HistogramBin> histogram(const std::vector<int64_t>& values) {
  if (values.empty()) return {};
  const int64_t most = *std::ranges::max_element(values);
  const int64_t width = std::max<int64_t>(1, most / histogram_bins + 1);
  std::vector<api::HistogramBin> bins;
  for (int64_t from = 0; from <= most; from += width) bins.push_back({from, from + width, 0});
  for (const int64_t value : values) ++bins[static_cast<size_t>(value / width)].count;
  return bins;
}

// The text of a sequence in pieces: labels[t] says whether token t + 1 is learnt.
std::vector<api::DataPiece> pieces_of(const train::TokenSequence& sequence, const Tokenizer& tokenizer) {
  std::vector<api::DataPiece> pieces;
  std::vector<int32_t> tokens;
  bool learnt = false;
  const auto end_piece = [&] {
    if (!tokens.empty()) pieces.push_back({tokenizer.decode(tokens), learnt});
    tokens.clear();
  };
  for (size_t i = 0; i <= sequence.tokens.size(); ++i) {
    const bool is_last = i == sequence.tokens.size();  // what follows the last row is its label
    const bool now = i > 0 && sequence.labels[i - 1] != train::no_label;
    if (is_last && !now) break;
    if (now != learnt) end_piece();
    learnt = now;
    tokens.push_back(is_last ? sequence.labels[i - 1] : sequence.tokens[i]);
  }
  end_piece();
  return pieces;
}

api::DataExample shown_example(const train::TextDataset& data, const train::Example& example,
                               const Tokenizer& tokenizer, bool held_out) {
  api::DataExample shown;
  const train::Origin& origin = data.records[static_cast<size_t>(example.record)].origin;
  shown.file = origin.file;
  shown.place = origin.place;
  shown.pieces = pieces_of(example.sequences.front(), tokenizer);
  if (example.sequences.size() > 1) shown.rejected = pieces_of(example.sequences[1], tokenizer);
  shown.tokens = example.length();
  for (const train::TokenSequence& part : example.sequences) shown.learnt_tokens += part.label_count();
  shown.held_out = held_out;
  return shown;
}

void add_rejected(api::DataReport& report, const std::vector<train::Rejected>& rejected) {
  report.rejected_count += std::ssize(rejected);
  for (const train::Rejected& one : rejected) {
    if (report.rejected.size() == most_listed_records) return;
    report.rejected.push_back({one.origin.file, one.origin.place, one.reason});
  }
}

void add_notes(api::DataReport& report, const std::map<std::string, int64_t>& notes) {
  for (const auto& [text, count] : notes) report.notes.push_back({text, count});
}

void add_text(api::DataReport& report, const train::TextDataset& data, bool held_out, const Tokenizer& tokenizer,
              int offset, int limit) {
  add_rejected(report, data.rejected);
  add_notes(report, data.notes);
  report.records += data.statistics.records;
  report.duplicates += data.statistics.duplicates;
  for (const train::Duplicate& duplicate : data.statistics.first_duplicates) {
    report.warnings.push_back({duplicate.again.file, duplicate.again.place,
                               "it says what " + duplicate.first.file + ", " + duplicate.first.place + " says"});
  }
  const int64_t before = held_out ? report.examples : 0;
  int64_t number = before;
  for (const train::Example& example : data.examples) {
    if (number >= offset && number < offset + limit) {
      report.shown.push_back(shown_example(data, example, tokenizer, held_out));
    }
    ++number;
  }
}

void report_text(api::DataReport& report, const TrainingTarget& target, int offset, int limit, ThreadPool& pool) {
  const TextReader reader = text_reader(target);
  train::TextData data;
  try {
    data = train::load_text_data(target.recipe, reader.builder, pool);
    report.usable = true;
  } catch (const Error& error) {
    report.error = describe(error);
    data.training = train::build_text_dataset(train::read_text_sources(target.recipe.data, target.recipe.folder),
                                              reader.builder, pool);
  }
  const train::TextStatistics& statistics = data.training.statistics;
  report.examples = statistics.examples;
  report.held_out = data.validation.statistics.examples;
  report.tokens = statistics.tokens;
  report.learnt_tokens = statistics.learnt_tokens;
  report.shortest = statistics.length.least;
  report.median = statistics.length.median;
  report.p95 = statistics.length.p95;
  report.longest = statistics.length.most;
  report.overlong = statistics.overlong;
  report.cut_tokens = statistics.cut_tokens;
  report.lengths = histogram(statistics.lengths);
  add_text(report, data.training, false, *reader.tokenizer, offset, limit);
  add_text(report, data.validation, true, *reader.tokenizer, offset, limit);
  if (!report.usable) return;
  const train::Recipe& recipe = target.recipe;
  const train::TextBatches batches(
      data.training.examples,
      {.batch = recipe.batch, .sequence = recipe.sequence, .packing = recipe.packing, .seed = recipe.seed});
  report.steps_per_epoch = static_cast<double>(batches.batches_in(0)) / recipe.accumulate;
}

api::DataPicture shown_picture(const train::TrainingPicture& picture, bool held_out,
                               const std::map<std::string, std::vector<std::string>>& warnings) {
  api::DataPicture shown;
  shown.file = picture.item.file.string();
  shown.width = static_cast<int>(picture.size.width);
  shown.height = static_cast<int>(picture.size.height);
  shown.bucket_width = static_cast<int>(picture.bucket.width);
  shown.bucket_height = static_cast<int>(picture.bucket.height);
  shown.caption = picture.item.caption;
  shown.repeats = picture.item.repeats;
  shown.regularization = picture.item.regularization;
  shown.masked = !picture.item.mask.empty();
  shown.held_out = held_out;
  shown.sharpness = picture.sharpness;
  if (const auto found = warnings.find(shown.file); found != warnings.end()) shown.warnings = found->second;
  return shown;
}

void add_pictures(api::DataReport& report, const train::PictureDataset& data, bool held_out, int offset, int limit,
                  std::map<train::PictureSize, int64_t>& buckets) {
  add_rejected(report, data.rejected);
  add_notes(report, data.notes);
  std::map<std::string, std::vector<std::string>> warnings;
  for (const train::PictureWarning& warning : data.warnings) {
    warnings[warning.file].push_back(warning.why);
    const bool twice = warning.why.starts_with("it is the same file") || warning.why.starts_with("it looks like");
    report.duplicates += twice ? 1 : 0;
    if (report.warnings.size() < most_listed_records) report.warnings.push_back({warning.file, "", warning.why});
  }
  for (const train::TrainingPicture& picture : data.pictures) {
    const int64_t number = report.records++;
    report.blurred += picture.sharpness < train::blurred_below ? 1 : 0;
    report.uncaptioned += picture.item.caption.empty() ? 1 : 0;
    ++buckets[picture.bucket];
    if (number >= offset && number < offset + limit) {
      report.pictures.push_back(shown_picture(picture, held_out, warnings));
    }
  }
}

void report_pictures(api::DataReport& report, const TrainingTarget& target, int offset, int limit, ThreadPool& pool) {
  train::PictureData data;
  try {
    data = train::load_picture_data(target.recipe, pool);
    report.usable = true;
  } catch (const Error& error) {
    report.error = describe(error);
    data.training = train::read_pictures(train::read_picture_sources(target.recipe.data, target.recipe.folder),
                                         target.recipe.image, pool);
  }
  std::map<train::PictureSize, int64_t> buckets;
  add_pictures(report, data.training, false, offset, limit, buckets);
  add_pictures(report, data.validation, true, offset, limit, buckets);
  report.examples = std::ssize(data.training.pictures);
  report.held_out = std::ssize(data.validation.pictures);
  for (const auto& [size, count] : buckets) {
    report.buckets.push_back({static_cast<int>(size.width), static_cast<int>(size.height), count});
  }
  if (!report.usable) return;
  const train::PictureBatches batches(data.training.pictures, target.recipe);
  report.steps_per_epoch = static_cast<double>(batches.batches_in(0)) / target.recipe.accumulate;
}

// What a reader would ask: the user's words before the first answer.
std::string question_of(const train::TextRecord& record) {
  for (const train::Message& message : record.messages) {
    if (message.role == "user") return message.content;
  }
  return {};
}

}  // namespace

api::DataReport data_report(const TrainingTarget& target, int offset, int limit, ThreadPool& pool) {
  api::DataReport report;
  report.kind = training_kind(target.kind);
  try {
    if (target.kind == train::BaseKind::text) {
      report_text(report, target, offset, limit, pool);
    } else {
      report_pictures(report, target, offset, limit, pool);
    }
  } catch (const Error& error) {  // the files themselves cannot be read
    report.error = describe(error);
  }
  return report;
}

plan::GoalFacts goal_facts(const TrainingTarget& target, const plan::Trainable& base, ThreadPool& pool) {
  constexpr size_t most_prompts = 3, longest_prompt = 300;
  plan::GoalFacts facts;
  facts.kind = target.kind;
  facts.quantized = base.quantized;
  if (target.kind == train::BaseKind::image) {
    facts.side = base.side;
    facts.side_multiple = base.side_multiple;
    facts.flow = base.flow;
    facts.parameters = base.parameters;
    const auto files = train::read_picture_sources(target.recipe.data, target.recipe.folder);
    for (const train::PictureItem& item : files.items) {
      facts.has_regularization = facts.has_regularization || item.regularization;
      if (item.regularization) continue;
      ++facts.examples;
      const bool told = !item.caption.empty() && facts.sample_prompts.size() < most_prompts &&
                        std::ranges::find(facts.sample_prompts, item.caption) == facts.sample_prompts.end();
      if (told) facts.sample_prompts.push_back(item.caption);
    }
    facts.words = base.words;
    const SuggestedWord suggested = suggested_word(files.items, target.recipe.data.front().path);
    facts.word = suggested.word;
    facts.word_is_named = suggested.is_named;
    return facts;
  }
  TrainingTarget whole = target;
  whole.recipe.sequence = 1 << 20;  // lengths as they are
  const TextReader reader = text_reader(whole);
  const train::TextData data = train::load_text_data(whole.recipe, reader.builder, pool);
  facts.examples = data.training.statistics.examples + data.validation.statistics.examples;
  facts.long_example_tokens = data.training.statistics.length.p95;
  for (const train::TextRecord& record : data.training.records) {
    const std::string question = question_of(record);
    if (question.empty() || question.size() > longest_prompt) continue;
    facts.sample_prompts.push_back(question);
    if (facts.sample_prompts.size() == most_prompts) break;
  }
  return facts;
}

}  // namespace diptych::host
