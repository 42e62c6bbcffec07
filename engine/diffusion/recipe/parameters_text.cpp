#include "engine/diffusion/recipe/parameters_text.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "engine/diffusion/prompt/prompt_text.h"

namespace diptych::diffusion {
namespace {

constexpr std::string_view negative_mark = "Negative prompt:";
constexpr size_t least_values = 3;
constexpr size_t most_looked_at_in_vain = 4u << 20;  // letters of a line

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0;;) {
    const size_t end = text.find('\n', at);
    std::string_view line = text.substr(at, end == text.npos ? end : end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == text.npos) return lines;
    at = end + 1;
  }
}

bool is_key_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_ -/+.").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Behind the quoted string that begins at `at`; npos where it does not end.
size_t quoted_end(std::string_view line, size_t at) {
  for (size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == '\\')
      ++i;
    else if (line[i] == '"')
      return i + 1;
  }
  return line.npos;
}

// Behind a list or object, whose commas do not end the value; npos where its brackets do not match.
size_t bracketed_end(std::string_view line, size_t at) {
  int depth = 0;
  for (size_t i = at; i < line.size(); ++i) {
    if (line[i] == '"') {
      const size_t end = quoted_end(line, i);
      if (end == line.npos) return end;
      i = end - 1;
    } else if (line[i] == '[' || line[i] == '{') {
      ++depth;
    } else if ((line[i] == ']' || line[i] == '}') && --depth == 0) {
      return i + 1;
    }
  }
  return line.npos;
}

std::string unquoted(std::string_view value) {
  const nlohmann::json text = nlohmann::json::parse(value, nullptr, /*allow_exceptions=*/false);
  return text.is_string() ? text.get<std::string>() : std::string(value);
}

// The end of the value that begins at `at`: the comma behind it or the end of the line. What is passed over in vain, as
// quotes or brackets do not end or something follows them, is taken from `vain`: of a damaged line each value could
// pass over all the others.
size_t value_end(std::string_view line, size_t at, size_t& vain) {
  size_t end = line.npos;
  const std::string_view looked_at = line.substr(0, std::min(line.size(), at + vain));
  const bool quoted = at < line.size() && line[at] == '"',
             bracketed = at < line.size() && (line[at] == '[' || line[at] == '{');
  if (quoted) end = quoted_end(looked_at, at);
  if (bracketed) end = bracketed_end(looked_at, at);
  if (end == line.npos || (end < line.size() && line[end] != ',')) {
    if (quoted || bracketed) vain -= std::min(end, looked_at.size()) - at;
    end = line.find(',', at);
  }
  return std::min(end, line.size());
}

std::string quoted_where_needed(const std::string& value) {
  if (value.find_first_of(",:\n") == value.npos) return value;
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Lines behind the values are other extensions' affair. A "Steps:" in front of them tells the line best.
size_t find_value_line(const std::vector<std::string_view>& lines) {
  for (size_t i = lines.size(); i-- > 0;)
    if (trim_left(lines[i]).starts_with("Steps:") && parse_parameter_line(lines[i]).size() >= least_values) return i;
  return parse_parameter_line(lines.back()).size() >= least_values ? lines.size() - 1 : lines.size();
}

void add_line(std::string& text, std::string_view line, bool first) {
  if (!first) text += '\n';
  text += line;
}

}  // namespace

const std::string* ParametersText::find(std::string_view key) const {
  for (const auto& [name, value] : values)
    if (name == key) return &value;
  return nullptr;
}

std::vector<std::pair<std::string, std::string>> parse_parameter_line(std::string_view line) {
  std::vector<std::pair<std::string, std::string>> values;
  size_t at = 0, vain = most_looked_at_in_vain;
  while (at < line.size()) {
    const size_t colon = line.find_first_of(":,", at);
    if (colon == line.npos) break;
    const std::string_view key = trim_right(trim_left(line.substr(at, colon - at)));
    const bool is_key =
        line[colon] == ':' && !key.empty() && key.size() <= 60 && std::ranges::all_of(key, is_key_letter);
    if (!is_key) {
      at = colon + 1;
      continue;
    }
    size_t begin = colon + 1;
    while (begin < line.size() && is_blank(line[begin])) ++begin;
    const size_t end = value_end(line, begin, vain);
    const std::string_view value = trim_right(line.substr(begin, end - begin));
    values.emplace_back(key, value.starts_with('"') ? unquoted(value) : std::string(value));
    at = end + 1;
  }
  return values;
}

std::optional<ParametersText> parse_parameters_text(std::string_view text) {
  const std::vector<std::string_view> lines = split_lines(trim_right(text));
  const size_t value_line = find_value_line(lines);
  if (value_line == lines.size()) return std::nullopt;
  ParametersText result;
  bool negative = false, first = true;
  for (size_t i = 0; i < value_line; ++i) {
    std::string_view line = trim_right(lines[i]);
    if (!negative && line.starts_with(negative_mark)) {
      negative = first = true;
      line = trim_left(line.substr(negative_mark.size()));
    }
    add_line(negative ? result.negative_prompt : result.prompt, line, first);
    first = false;
  }
  for (size_t i = value_line; i < lines.size(); ++i)
    for (auto& value : parse_parameter_line(lines[i])) result.values.push_back(std::move(value));
  return result;
}

std::string write_parameters_text(const ParametersText& text) {
  std::string written = text.prompt;
  if (!text.negative_prompt.empty()) written += "\n" + std::string(negative_mark) + " " + text.negative_prompt;
  std::string line;
  for (const auto& [key, value] : text.values)
    line += (line.empty() ? "" : ", ") + key + ": " + quoted_where_needed(value);
  return written + "\n" + line;
}

}  // namespace diptych::diffusion
