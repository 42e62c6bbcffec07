// Records out of a user's files: JSONL, JSON, CSV and plain text, one file or a folder of them.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/train/data/text_record.h"

namespace diptych::train {

struct TextFiles {
  std::vector<TextRecord> records;
  std::vector<Rejected> rejected;        // each record that could not be used, each file that could not be read
  std::map<std::string, int64_t> notes;  // what was passed over, and how often
};

// Files are told by their endings: .jsonl (or .ndjson), .json (a list), .csv, .tsv, .txt, .md. Error: not_found,
// unsupported for other endings; not_found where a CSV file lacks a column that was chosen.
void read_text_source(const std::filesystem::path& path, const DataSource& source, TextFiles& files);

// All sources, relative to `folder`.
TextFiles read_text_sources(std::span<const DataSource> sources, const std::filesystem::path& folder);

}  // namespace diptych::train
