// Filters on texts. Most take any value and work on what it prints as.
#include <algorithm>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/methods.h"
#include "engine/text/jinja/python_text.h"
#include "engine/text/jinja/semantics.h"
#include "engine/text/jinja/text_searches.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

// The value as a text, markup staying markup.
Value soft_text(Runtime& runtime, const Value& value) {
  return value.is_text() ? value : runtime.text(print(runtime, value));
}

template <std::string (*map)(std::string_view)>
Value mapped_filter(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("filter", arguments, {});
  const Value text = soft_text(runtime, value);
  runtime.budget.work_on_bytes(text.bytes().size() * 16);
  runtime.budget.check_memory(text.bytes().size() * 3);
  return runtime.text(map(text.bytes()), text.text().markup);
}

// |title: each word's first letter; words begin behind spaces, hyphens and opening brackets.
Value title(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("title", arguments, {});
  const Value source = soft_text(runtime, value);
  const std::string& text = source.bytes();
  runtime.budget.work_on_bytes(text.size() * 16);
  std::string out, word;
  const auto finish = [&] {
    if (word.empty()) return;
    const size_t first = utf8_step(word, 0).bytes;
    out += upper_case(word.substr(0, first)) + lower_case(word.substr(first));
    word.clear();
  };
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    if (is_python_space(step.c) || step.c == '-' || step.c == '(' || step.c == '{' || step.c == '[' || step.c == '<') {
      finish();
      out += text.substr(at, step.bytes);
    } else {
      word += text.substr(at, step.bytes);
    }
    at += step.bytes;
  }
  finish();
  return runtime.text(std::move(out));
}

Value trim(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("trim", arguments, {"chars"});
  const Value text = soft_text(runtime, value);
  runtime.budget.work_on_bytes(text.bytes().size());
  if (!bound.given_value(0)) return runtime.text(std::string(strip(text.bytes(), Side::both)), text.text().markup);
  const std::string characters = bound.text(0, "");
  runtime.budget.work(text.text().length * (characters.size() / 64));
  return runtime.text(std::string(strip(text.bytes(), Side::both, characters)), text.text().markup);
}

Value string_filter(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("string", arguments, {});
  return soft_text(runtime, value);
}

Value safe(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("safe", arguments, {});
  return runtime.text(print(runtime, value), true);
}

Value escape(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("escape", arguments, {});
  if (value.is_text() && value.text().markup) return value;
  return runtime.text(escape_html(print(runtime, value)), true);
}

Value force_escape(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("forceescape", arguments, {});
  return runtime.text(escape_html(print(runtime, value)), true);
}

Value replace_filter(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("replace", arguments, {"old", "new", "count"}, 2);
  const Value text = soft_text(runtime, value);
  const int64_t limit = bound.given_value(2) ? bound.integer(2, -1) : -1;
  return runtime.text(
      replace_within(runtime, text.text(), print(runtime, bound.get(0)), print(runtime, bound.get(1)), limit));
}

Value format_filter(Runtime& runtime, const Value& value, Arguments& arguments) {
  if (!arguments.positional.empty() && !arguments.named.empty())
    fail("can't handle positional and keyword arguments at the same time");
  const Value text = soft_text(runtime, value);
  if (arguments.named.empty())
    return runtime.text(percent_format(runtime, text.bytes(), runtime.tuple(arguments.positional)));
  Dict::Entries entries;
  for (const auto& [name, argument] : arguments.named) entries.emplace_back(runtime.text(name), argument);
  return runtime.text(percent_format(runtime, text.bytes(), runtime.dict(std::move(entries))));
}

Value indent(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("indent", arguments, {"width", "first", "blank"});
  if (value.is_undefined()) fail(value.why_undefined());
  if (!value.is_text()) fail("indent needs a string, not " + type_name(value));
  std::string margin(4, ' ');
  if (bound.given(0)) {
    if (bound.get(0).is_text()) {
      margin = bound.get(0).bytes();
    } else {
      const int64_t width = bound.integer(0, 4);
      if (width > 10'000) fail("indent is too wide");
      margin.assign(static_cast<size_t>(std::max<int64_t>(width, 0)), ' ');
    }
  }
  const std::string with_end = value.bytes() + "\n";
  const auto lines = split_lines(with_end);
  runtime.budget.work_on_bytes(with_end.size() + lines.size() * margin.size());
  runtime.budget.check_memory(with_end.size() + lines.size() * margin.size());
  const bool blank = bound.truth(2, false);
  std::string out = bound.truth(1, false) ? margin : "";
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (i > 0 && (blank || !lines[i].empty())) out += margin;
    out += lines[i];
  }
  return runtime.text(std::move(out));
}

Value word_count(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("wordcount", arguments, {});
  const Value text = soft_text(runtime, value);
  runtime.budget.work_on_bytes(text.bytes().size());
  int64_t words = 0;
  bool inside = false;
  for (size_t at = 0; at < text.bytes().size();) {
    const Utf8Step step = utf8_step(text.bytes(), at);
    const bool word = is_python_word(step.c);
    words += word && !inside;
    inside = word;
    at += step.bytes;
  }
  return Value::of(words);
}

Value truncate(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("truncate", arguments, {"length", "killwords", "end", "leeway"});
  const std::string end = bound.text(2, "...");
  const auto end_length = static_cast<int64_t>(utf8_length(end));
  const int64_t length = bound.integer(0, 255);
  const int64_t leeway = bound.given_value(3) ? bound.integer(3, 5) : 5;
  if (length < end_length) fail("truncate: the length is below that of the end");
  if (leeway < 0) fail("truncate: the leeway is negative");
  if (length_of(value) - std::min<int64_t>(leeway, INT32_MAX) <= length) return value;
  if (!value.is_text()) fail("truncate cannot cut '" + type_name(value) + "'");
  std::string out = value.bytes().substr(0, byte_offset(value.text(), static_cast<size_t>(length - end_length)));
  if (!bound.truth(1, false)) {
    if (const size_t space = out.rfind(' '); space != out.npos) out.resize(space);
  }
  return runtime.text(out + end);
}

Value center(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("center", arguments, {"width"});
  Arguments width;
  width.positional = {Value::of(bound.integer(0, 80))};
  const Value text = soft_text(runtime, value);
  return find_text_method("center")->body(runtime, text, width);
}

// Of a path, or of a part of a query, where a space is a plus.
std::string percent_encoded(std::string_view text, bool path) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                       c == '.' || c == '-' || c == '~' || (c == '/' && path);
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else if (c == ' ' && !path) {
      out += '+';
    } else {
      out += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    }
  }
  return out;
}

Value url_encode(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("urlencode", arguments, {});
  if (!value.is_dict() && !value.is_list()) return runtime.text(percent_encoded(print(runtime, value), true));
  std::string out;
  const auto add = [&](const Value& name, const Value& item) {
    if (!out.empty()) out += '&';
    out += percent_encoded(print(runtime, name), false) + "=" + percent_encoded(print(runtime, item), false);
    runtime.budget.work_on_bytes(out.size() / 8);
  };
  if (value.is_dict()) {
    for (const auto& [name, item] : value.dict().entries()) add(name, item);
  } else {
    for (const Value& pair : value.list().items) {
      const std::vector<Value> both = runtime.items_of(pair);
      if (both.size() != 2) fail("urlencode needs pairs");
      add(both[0], both[1]);
    }
  }
  return runtime.text(std::move(out));
}

constexpr Filter text_filters[] = {
    {"upper", mapped_filter<upper_case>},
    {"lower", mapped_filter<lower_case>},
    {"capitalize", mapped_filter<capitalized>},
    {"title", title},
    {"trim", trim},
    {"string", string_filter},
    {"safe", safe},
    {"escape", escape},
    {"e", escape},
    {"forceescape", force_escape},
    {"replace", replace_filter},
    {"format", format_filter},
    {"indent", indent},
    {"wordcount", word_count},
    {"truncate", truncate},
    {"center", center},
    {"urlencode", url_encode},
};

}  // namespace

const Filter* find_text_filter(std::string_view name) {
  for (const Filter& filter : text_filters) {
    if (filter.name == name) return &filter;
  }
  return nullptr;
}

}  // namespace diptych::jinja
