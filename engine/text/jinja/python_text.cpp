#include "engine/text/jinja/python_text.h"

#include <cstring>

#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

// The start of the character that ends in front of `at`.
size_t step_back(std::string_view text, size_t at) {
  do {
    --at;
  } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

template <typename Strips>
std::string_view strip_where(std::string_view text, Side side, const Strips& strips) {
  size_t begin = 0, end = text.size();
  while (side != Side::right && begin < end) {
    const Utf8Step step = utf8_step(text, begin);
    if (!strips(step.c)) break;
    begin += step.bytes;
  }
  while (side != Side::left && end > begin) {
    const size_t before = step_back(text, end);
    if (!strips(utf8_step(text, before).c)) break;
    end = before;
  }
  return text.substr(begin, end - begin);
}

bool is_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

}  // namespace

bool is_python_space(char32_t c) {
  return is_space(c) || (c >= 0x1C && c <= 0x1F);
}

size_t find_text(std::string_view text, std::string_view part, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

size_t byte_offset(const Text& text, size_t character) {
  if (text.ascii()) return character;
  size_t at = 0;
  for (; character > 0; --character) at += utf8_step(text.bytes, at).bytes;
  return at;
}

size_t character_at(std::string_view text, size_t byte) {
  return utf8_length(text.substr(0, byte));
}

std::string_view strip(std::string_view text, Side side) {
  return strip_where(text, side, is_python_space);
}

std::string_view strip(std::string_view text, Side side, std::string_view characters) {
  const std::u32string set = to_utf32(characters);
  return strip_where(text, side, [&](char32_t c) { return set.find(c) != std::u32string::npos; });
}

std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    size_t end = at + step.bytes;
    if (is_line_end(step.c)) {
      if (step.c == '\r' && end < text.size() && text[end] == '\n') ++end;
      lines.push_back(text.substr(begin, (keep_ends ? end : at) - begin));
      begin = end;
    }
    at = end;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::vector<std::string_view> split_space(std::string_view text, int64_t limit) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip(text, Side::left);
  while (!rest.empty()) {
    if (limit >= 0 && static_cast<int64_t>(parts.size()) == limit) {
      parts.push_back(strip(rest, Side::right));  // white space behind the last part goes, as Python has it
      break;
    }
    size_t end = 0;
    while (end < rest.size()) {
      const Utf8Step step = utf8_step(rest, end);
      if (is_python_space(step.c)) break;
      end += step.bytes;
    }
    parts.push_back(rest.substr(0, end));
    rest = strip(rest.substr(end), Side::left);
  }
  return parts;
}

std::vector<std::string_view> split_space_right(std::string_view text, int64_t limit) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip(text, Side::right);
  while (!rest.empty()) {
    if (limit >= 0 && static_cast<int64_t>(parts.size()) == limit) {
      parts.push_back(strip(rest, Side::left));
      break;
    }
    size_t begin = rest.size();
    while (begin > 0) {
      const size_t before = step_back(rest, begin);
      if (is_python_space(utf8_step(rest, before).c)) break;
      begin = before;
    }
    parts.push_back(rest.substr(begin));
    rest = strip(rest.substr(0, begin), Side::right);
  }
  return {parts.rbegin(), parts.rend()};
}

std::string replace_text(std::string_view text, std::string_view from, std::string_view to, int64_t limit) {
  std::string out;
  int64_t left = limit < 0 ? INT64_MAX : limit;
  size_t done = 0;
  if (from.empty()) {  // between all characters, and at both ends
    for (; left > 0; --left) {
      out += to;
      if (done == text.size()) break;
      const size_t bytes = utf8_step(text, done).bytes;
      out += text.substr(done, bytes);
      done += bytes;
    }
    return out.append(text.substr(done));
  }
  for (; left > 0; --left) {
    const size_t at = find_text(text, from, done);
    if (at == std::string_view::npos) break;
    out.append(text.substr(done, at - done)).append(to);
    done = at + from.size();
  }
  return out.append(text.substr(done));
}

std::string reversed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t end = text.size(); end > 0;) {
    const size_t begin = step_back(text, end);
    out.append(text.substr(begin, end - begin));
    end = begin;
  }
  return out;
}

}  // namespace diptych::jinja
