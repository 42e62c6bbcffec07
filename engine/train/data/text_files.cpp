#include "engine/train/data/text_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/core/error.h"
#include "engine/io/files/ascii.h"
#include "engine/io/files/mapped_file.h"
#include "engine/io/files/utf8.h"
#include "engine/io/formats/json_text.h"
#include "engine/train/data/csv.h"

namespace diptych::train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

enum class Form { jsonl, json_list, csv, tsv, text };

std::optional<Form> form_of(const fs::path& path) {
  const std::string ending = ascii_lower(path.extension().string());
  if (ending == ".jsonl" || ending == ".ndjson") return Form::jsonl;
  if (ending == ".json") return Form::json_list;
  if (ending == ".csv") return Form::csv;
  if (ending == ".tsv") return Form::tsv;
  if (ending == ".txt" || ending == ".md" || ending == ".text") return Form::text;
  return std::nullopt;
}

class FileReader {
 public:
  FileReader(std::string file, const DataSource& source, TextFiles& files)
      : file_(std::move(file)), source_(source), files_(files) {}

  void read(std::string_view text, Form form) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    switch (form) {
      case Form::jsonl:
        return lines(text);
      case Form::json_list:
        return list(text);
      case Form::csv:
        return table(text, csv_separator(text));
      case Form::tsv:
        return table(text, '\t');
      case Form::text:
        return documents(text);
    }
  }

  void reject(const std::string& place, std::string reason) {
    files_.rejected.push_back({{file_, place}, std::move(reason)});
  }

 private:
  void take(const json& object, const std::string& place) {
    std::vector<std::string> notes;
    auto record = text_record(object, source_.shape, notes);
    if (auto* why = std::get_if<std::string>(&record)) return reject(place, std::move(*why));
    for (const std::string& note : notes) ++files_.notes[note];
    auto& taken = std::get<TextRecord>(record);
    taken.origin = {file_, place};
    files_.records.push_back(std::move(taken));
  }

  void lines(std::string_view text) {
    int64_t number = 0;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = text.substr(at, end - at);
      at = end + 1;
      ++number;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      const std::string place = "line " + std::to_string(number);
      try {
        take(parse_json(line, file_), place);
      } catch (const Error& error) {
        reject(place, error.why() + " of the line");
      }
    }
  }

  void list(std::string_view text) {
    const json document = parse_json(text, file_);
    if (!document.is_array()) {
      throw Error(ErrorCategory::invalid_file, "cannot read examples", file_, "it is no list of records",
                  "write [{...}, ...], or one record a line in a .jsonl file");
    }
    int64_t number = 0;
    for (const json& entry : document) take(entry, "entry " + std::to_string(++number));
  }

  void table(std::string_view text, char separator) {
    CsvReader reader(text, separator);
    CsvRow titles, row;
    if (!reader.next(titles)) return;
    const auto column = chosen_columns(titles.fields);
    while (reader.next(row)) {
      const std::string place = "line " + std::to_string(row.line);
      if (row.problem.empty() && row.fields.size() != titles.fields.size())
        row.problem = "it has " + std::to_string(row.fields.size()) + " fields, the first line has " +
                      std::to_string(titles.fields.size());
      if (row.problem.empty() && !std::ranges::all_of(row.fields, is_utf8)) row.problem = "it is no UTF-8";
      if (!row.problem.empty()) {
        reject(place, row.problem);
        continue;
      }
      json object = json::object();
      for (const auto& [field, index] : column) object[field] = row.fields[index];
      take(object, place);
    }
  }

  // Fields of a record to their columns: those that were chosen, else each column by its own title.
  std::map<std::string, size_t> chosen_columns(const std::vector<std::string>& titles) const {
    std::map<std::string, size_t> columns;
    if (source_.columns.empty()) {
      for (size_t i = 0; i < titles.size(); ++i) columns.emplace(ascii_lower(titles[i]), i);
      return columns;
    }
    for (const auto& [field, title] : source_.columns) {
      const auto found = std::ranges::find(titles, title);
      if (found == titles.end()) {
        std::string known;
        for (const std::string& name : titles) known += (known.empty() ? "" : ", ") + name;
        throw Error(ErrorCategory::not_found, "cannot read examples", file_, "there is no column \"" + title + "\"",
                    "choose from: " + known);
      }
      columns[field] = static_cast<size_t>(found - titles.begin());
    }
    return columns;
  }

  void documents(std::string_view text) {
    if (source_.documents == Documents::file) return document(text, "line 1");
    // Paragraphs between blank lines.
    size_t begin = 0;
    int64_t line = 1, begun = 1;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      const bool empty = text.substr(at, end - at).find_first_not_of(" \t\r") == std::string_view::npos;
      if (empty) {
        document(text.substr(begin, at - begin), "line " + std::to_string(begun));
        begin = std::min(end + 1, text.size());
        begun = line + 1;
      }
      at = end + 1;
      ++line;
    }
    document(text.substr(begin), "line " + std::to_string(begun));
  }

  void document(std::string_view text, const std::string& place) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return;
    const size_t last = text.find_last_not_of(" \t\r\n");
    const std::string_view body = text.substr(first, last + 1 - first);
    if (!is_utf8(body)) return reject(place, "it is no UTF-8");
    TextRecord record;
    record.origin = {file_, place};
    record.text = std::string(body);
    files_.records.push_back(std::move(record));
  }

  std::string file_;
  const DataSource& source_;
  TextFiles& files_;
};

void read_file(const fs::path& path, const DataSource& source, TextFiles& files) {
  const auto form = form_of(path);
  if (!form) {
    const bool parquet = ascii_lower(path.extension().string()) == ".parquet";
    throw Error(ErrorCategory::unsupported, "cannot read examples", path.string(),
                parquet ? "Parquet files are not read" : "its ending tells no format of texts",
                parquet ? "write it as JSON lines: pandas.read_parquet(f).to_json(g, orient='records', lines=True)"
                        : "give a .jsonl, .json, .csv, .tsv, .txt or .md file");
  }
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  FileReader(path.string(), source, files).read({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, *form);
}

}  // namespace

void read_text_source(const fs::path& path, const DataSource& source, TextFiles& files) {
  if (!fs::is_directory(path)) return read_file(path, source, files);
  std::vector<fs::path> inside;
  for (const auto& entry : fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied))
    if (entry.is_regular_file()) inside.push_back(entry.path());
  std::ranges::sort(inside);
  for (const fs::path& file : inside) {
    if (!form_of(file)) {
      ++files.notes["files whose endings tell no format of texts were passed over"];
      continue;
    }
    try {
      read_file(file, source, files);
    } catch (const Error& error) {
      files.rejected.push_back({{file.string(), "the file"}, error.why()});
    }
  }
}

TextFiles read_text_sources(std::span<const DataSource> sources, const fs::path& folder) {
  TextFiles files;
  for (const DataSource& source : sources) read_text_source(folder / source.path, source, files);
  return files;
}

}  // namespace diptych::train
