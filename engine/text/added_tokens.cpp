#include "engine/text/added_tokens.h"

#include <algorithm>

#include "engine/text/unicode.h"

namespace diptych {
namespace {

bool word_at_start(std::string_view text) {
  return !text.empty() && is_word(utf8_step(text, 0).c);
}

size_t last_character(std::string_view text) {
  size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

bool word_at_end(std::string_view text) {
  return !text.empty() && is_word(utf8_step(text, last_character(text)).c);
}

size_t spaces_at_start(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Utf8Step step = utf8_step(text, at);
    if (!is_space(step.c)) break;
    at += step.bytes;
  }
  return at;
}

size_t start_of_trailing_spaces(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    const size_t at = last_character(text.substr(0, end));
    if (!is_space(utf8_step(text, at).c)) break;
    end = at;
  }
  return end;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  accepts_.push_back(-1);
  for (size_t index = 0; index < tokens_.size(); ++index) {
    const std::string& content = tokens_[index].content;
    if (content.empty()) continue;
    first_[static_cast<unsigned char>(content[0])] = true;
    uint32_t node = 0;
    for (const char c : content) {
      const uint64_t key = static_cast<uint64_t>(node) << 8 | static_cast<unsigned char>(c);
      const auto [edge, added] = edges_.emplace(key, static_cast<uint32_t>(accepts_.size()));
      if (added) accepts_.push_back(-1);
      node = edge->second;
    }
    if (accepts_[node] < 0) accepts_[node] = static_cast<int32_t>(index);
  }
}

const AddedToken* AddedTokenMatcher::longest_at(std::string_view text, size_t at) const {
  int32_t found = -1;
  uint32_t node = 0;
  for (size_t i = at; i < text.size(); ++i) {
    const auto edge = edges_.find(static_cast<uint64_t>(node) << 8 | static_cast<unsigned char>(text[i]));
    if (edge == edges_.end()) break;
    node = edge->second;
    if (accepts_[node] >= 0) found = accepts_[node];
  }
  return found < 0 ? nullptr : &tokens_[found];
}

std::vector<AddedTokenMatcher::Part> AddedTokenMatcher::split(std::string_view text, bool parse_special) const {
  std::vector<Part> parts;
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const AddedToken* token = first_[static_cast<unsigned char>(text[at])] ? longest_at(text, at) : nullptr;
    if (token == nullptr) {
      ++at;
      continue;
    }
    size_t begin = at, end = at + token->content.size();
    at = end;
    if (token->special && !parse_special) continue;
    if (token->single_word && (word_at_end(text.substr(0, begin)) || word_at_start(text.substr(end)))) continue;
    if (token->lstrip) begin = start_of_trailing_spaces(text.substr(0, begin));
    begin = std::max(begin, done);
    if (token->rstrip) end += spaces_at_start(text.substr(end));
    if (done < begin) parts.push_back({done, begin, -1});
    parts.push_back({begin, end, token->id});
    done = std::max(done, end);
  }
  if (done < text.size()) parts.push_back({done, text.size(), -1});
  return parts;
}

}  // namespace diptych
