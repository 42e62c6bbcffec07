#include "engine/diffusion/prompt/prompt_schedule.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <unordered_map>
#include <utility>

#include "engine/diffusion/prompt/prompt_text.h"

namespace diptych::diffusion {
namespace {

struct Range {
  size_t begin = 0, end = 0;
};

struct ScheduleNode {
  std::vector<Range> options;  // of a schedule two: before, after
  bool alternates = false;
  int when = 0;  // last step of the first option
  size_t end = 0;
};

// What begins at a position depends only on what stands behind it, so one pass from the end to the start finds all
// constructs, however deep they are nested.
class ScheduleParser {
 public:
  ScheduleParser(std::string_view text, int steps, int steps_before)
      : text_(text), steps_(steps), steps_before_(steps_before), prompt_end_(text.size() + 1, text.size()) {
    for (size_t at = text.size(); at-- > 0;) prompt_end_[at] = find_prompt_end(at);
  }

  // Whether every character belongs to a construct or is text by the rules.
  bool accepts() const {
    size_t at = 0;
    while ((at = prompt_end_[at]) < text_.size()) {
      if (text_[at] == '|' || text_[at] == '\\') return false;
      ++at;
    }
    return true;
  }

  std::vector<int> boundaries() const {
    std::set<int> steps{steps_};
    for (size_t at = 0; at < text_.size(); at += text_[at] == '\\' ? 2 : 1) {
      const auto node = nodes_.find(at);
      if (node == nodes_.end()) continue;
      if (node->second.alternates) {
        for (int step = 1; step <= steps_; ++step) steps.insert(step);
      } else if (node->second.when >= 1) {
        steps.insert(node->second.when);
      }
    }
    return {steps.begin(), steps.end()};
  }

  std::string at_step(int step) const {
    std::string result;
    std::vector<Range> rest{{0, text_.size()}};
    while (!rest.empty()) {
      Range& range = rest.back();
      const auto node = range.begin < range.end ? nodes_.find(range.begin) : nodes_.end();
      if (range.begin >= range.end) {
        rest.pop_back();
      } else if (node != nodes_.end()) {
        range.begin = node->second.end;
        rest.push_back(chosen(node->second, step));
      } else {
        const size_t length = text_[range.begin] == '\\' && range.begin + 1 < range.end ? 2 : 1;
        result += text_.substr(range.begin, length);
        range.begin += length;
      }
    }
    return result;
  }

 private:
  static Range chosen(const ScheduleNode& node, int step) {
    if (node.alternates) return node.options[static_cast<size_t>(step - 1) % node.options.size()];
    return node.options[step <= node.when ? 0 : 1];
  }

  size_t find_prompt_end(size_t at) {
    switch (text_[at]) {
      case ')':
      case ']':
      case ':':
      case '|':
        return at;
      case '\\':
        return at + 1 == text_.size() || text_[at + 1] == '\n' ? at : prompt_end_[at + 2];
      case '(':
      case '[': {
        const size_t end = text_[at] == '(' ? find_round_end(at) : find_square_end(at);
        return end == 0 ? at : prompt_end_[end];
      }
      default:
        return prompt_end_[at + 1];
    }
  }

  bool is_at(size_t at, char c) const { return at < text_.size() && text_[at] == c; }

  // 0: no construct.
  size_t find_round_end(size_t at) const {
    size_t end = prompt_end_[at + 1];
    if (is_at(end, ':')) end = prompt_end_[end + 1];
    return is_at(end, ')') ? end + 1 : 0;
  }

  size_t find_square_end(size_t at) {
    const Range first{at + 1, prompt_end_[at + 1]};
    if (is_at(first.end, ']')) return first.end + 1;
    if (is_at(first.end, '|')) return alternation(at, first);
    if (!is_at(first.end, ':')) return 0;
    if (const size_t end = schedule(at, {}, first); end != 0) return end;
    const Range second{first.end + 1, prompt_end_[first.end + 1]};
    return is_at(second.end, ':') ? schedule(at, first, second) : 0;
  }

  size_t alternation(size_t at, Range option) {
    ScheduleNode node{{option}, true, 0, 0};
    while (is_at(option.end, '|')) {
      option = {option.end + 1, prompt_end_[option.end + 1]};
      node.options.push_back(option);
    }
    if (!is_at(option.end, ']')) return 0;
    node.end = option.end + 1;
    return nodes_.insert_or_assign(at, std::move(node)).first->second.end;
  }

  // `after` ends at the colon of the number.
  size_t schedule(size_t at, Range before, Range after) {
    const size_t close = text_.find_first_of("[]():|\\", after.end + 1);
    if (!is_at(close, ']')) return 0;
    const std::string_view number = trim_left(trim_right(text_.substr(after.end + 1, close - after.end - 1)));
    const auto value = read_decimal(number, /*exponent=*/true);
    if (!value) return 0;
    nodes_.insert_or_assign(at, ScheduleNode{{before, after}, false, last_step(number, *value), close + 1});
    return close + 1;
  }

  int last_step(std::string_view number, double value) const {
    const bool share = number.find('.') != number.npos;
    const double step = share ? (value - (steps_before_ > 0 ? 1 : 0)) * steps_ : value - steps_before_;
    return static_cast<int>(std::clamp(step, -1.0, static_cast<double>(steps_)));
  }

  std::string_view text_;
  int steps_, steps_before_;
  std::vector<size_t> prompt_end_;  // of the longest prompt that begins there
  std::unordered_map<size_t, ScheduleNode> nodes_;
};

}  // namespace

PromptSchedule schedule_prompt(std::string_view text, int steps, int steps_before) {
  assert(steps > 0 && steps_before >= 0);
  const ScheduleParser parser(text, steps, steps_before);
  if (!parser.accepts()) return {{std::string(text)}, {{steps, 0}}};
  PromptSchedule schedule;
  std::unordered_map<std::string, size_t> known;
  for (const int last_step : parser.boundaries()) {
    const auto [entry, fresh] = known.try_emplace(parser.at_step(last_step), schedule.texts.size());
    if (fresh) schedule.texts.push_back(entry->first);
    schedule.stages.push_back({last_step, entry->second});
  }
  return schedule;
}

}  // namespace diptych::diffusion
