// Any text is a training recipe, TOML, a table or records of text, or none; a recipe that was read goes round as JSON.
// The first byte chooses.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"
#include "engine/train/data/csv.h"
#include "engine/train/data/recipe.h"
#include "engine/train/data/text_record.h"
#include "engine/train/data/toml_text.h"

namespace {

using namespace diptych;
using namespace diptych::train;

void check_table(std::string_view text) {
  CsvReader reader(text, csv_separator(text));
  CsvRow row;
  int64_t line = 0;
  while (reader.next(row)) {
    if (row.line <= line || row.fields.empty()) std::abort();
    line = row.line;
  }
}

void check_record(std::string_view text) {
  const nlohmann::json object = parse_json(text, "fuzz");
  std::vector<std::string> notes;
  const auto record = text_record(object, RecordShape::automatic, notes);
  if (const auto* why = std::get_if<std::string>(&record)) {
    if (why->empty()) std::abort();
  } else if (content_hash(std::get<TextRecord>(record)).size() != 64) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0: {
        const Recipe recipe = parse_recipe(text, "fuzz");
        if (parse_recipe(write_recipe(recipe), "fuzz") != recipe) std::abort();
        break;
      }
      case 1:
        parse_toml(text, "fuzz");
        break;
      case 2:
        check_table(text);
        break;
      default:
        check_record(text);
    }
  } catch (const Error&) {
  }
  return 0;
}
