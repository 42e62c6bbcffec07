#include "engine/diffusion/prompt/prompt_wildcards.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/random.h"

namespace diptych::diffusion {
namespace {

struct WildcardGroup {
  std::vector<size_t> bars;
  size_t close = 0;
};

struct OpenBracket {
  char kind;
  size_t at;
  std::vector<size_t> bars;
};

// By the position of the opening brace.
std::unordered_map<size_t, WildcardGroup> wildcard_groups(std::string_view text) {
  std::unordered_map<size_t, WildcardGroup> groups;
  std::vector<OpenBracket> open;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;
    } else if (c == '{' || c == '[') {
      open.push_back({c, at, {}});
    } else if (c == '|' && !open.empty()) {
      open.back().bars.push_back(at);
    } else if (c == ']' && !open.empty() && open.back().kind == '[') {
      open.pop_back();
    } else if (c == '}') {
      std::vector<OpenBracket> unclosed;
      while (!open.empty() && open.back().kind == '[') {
        unclosed.push_back(std::move(open.back()));
        open.pop_back();
      }
      if (open.empty()) continue;
      std::vector<size_t> bars = std::move(open.back().bars);
      for (auto square = unclosed.rbegin(); square != unclosed.rend(); ++square)
        bars.insert(bars.end(), square->bars.begin(), square->bars.end());
      if (!bars.empty()) groups[open.back().at] = {std::move(bars), at};
      open.pop_back();
    }
  }
  return groups;
}

}  // namespace

std::string draw_wildcards(std::string_view text, uint64_t seed) {
  const auto groups = wildcard_groups(text);
  if (groups.empty()) return std::string(text);
  const RandomStream stream(seed, "prompt wildcards");
  uint64_t drawn = 0;
  std::string result;
  std::vector<std::pair<size_t, size_t>> rest{{0, text.size()}};
  while (!rest.empty()) {
    auto& [at, end] = rest.back();
    const auto group = at < end ? groups.find(at) : groups.end();
    if (at >= end) {
      rest.pop_back();
    } else if (group == groups.end()) {
      const size_t length = text[at] == '\\' && at + 1 < end ? 2 : 1;
      result += text.substr(at, length);
      at += length;
    } else {
      const auto& [bars, close] = group->second;
      const auto option = static_cast<size_t>(stream.uniform(drawn++) * static_cast<double>(bars.size() + 1));
      const size_t from = option == 0 ? at + 1 : bars[option - 1] + 1;
      const size_t to = option == bars.size() ? close : bars[option];
      at = close + 1;
      rest.emplace_back(from, to);
    }
  }
  return result;
}

}  // namespace diptych::diffusion
