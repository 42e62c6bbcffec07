// Comma-separated values as RFC 4180 has them: fields in double quotes may hold separators, line ends and doubled
// quotes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::train {

struct CsvRow {
  int64_t line = 0;  // where it begins, from 1
  std::vector<std::string> fields;
  std::string problem;  // empty, or why the row cannot be used: what was read stands in `fields`
};

class CsvReader {
 public:
  CsvReader(std::string_view text, char separator) : text_(text), separator_(separator) {}

  // False at the end. Empty lines are passed over.
  bool next(CsvRow& row);

 private:
  std::string field(CsvRow& row);
  void end_line();

  std::string_view text_;
  char separator_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

// A comma, unless the first line has none and more of another: semicolons or tabs.
char csv_separator(std::string_view text);

}  // namespace diptych::train
