#include "engine/train/data/csv.h"

#include <algorithm>

namespace diptych::train {

void CsvReader::end_line() {
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size() && text_[at_] == '\n') ++at_;
  ++line_;
}

std::string CsvReader::field(CsvRow& row) {
  std::string value;
  const auto ends = [&] {
    return at_ == text_.size() || text_[at_] == separator_ || text_[at_] == '\n' || text_[at_] == '\r';
  };
  if (at_ == text_.size() || text_[at_] != '"') {
    while (!ends()) value += text_[at_++];
    if (value.find('"') != std::string::npos) row.problem = "a quote stands inside a field that is not quoted";
    return value;
  }
  const int64_t begun = line_;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\n') ++line_;
    if (text_[at_] != '"') {
      value += text_[at_];
    } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
      value += '"';
      ++at_;
    } else {
      break;
    }
  }
  if (at_ == text_.size()) {
    row.problem = "the quote that opens in line " + std::to_string(begun) + " is never closed";
    return value;
  }
  ++at_;
  if (!ends()) row.problem = "something stands behind a closing quote";
  while (!ends()) value += text_[at_++];
  return value;
}

bool CsvReader::next(CsvRow& row) {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) end_line();
  if (at_ == text_.size()) return false;
  row = {};
  row.line = line_;
  while (true) {
    row.fields.push_back(field(row));
    if (at_ == text_.size()) return true;
    if (text_[at_] != separator_) break;
    ++at_;
  }
  end_line();
  return true;
}

char csv_separator(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.find(',') != std::string_view::npos) return ',';
  const auto semicolons = std::ranges::count(first, ';'), tabs = std::ranges::count(first, '\t');
  if (semicolons == 0 && tabs == 0) return ',';
  return semicolons > tabs ? ';' : '\t';
}

}  // namespace diptych::train
