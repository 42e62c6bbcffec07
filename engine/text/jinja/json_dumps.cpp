// json.dumps().
#include <algorithm>
#include <cmath>

#include "engine/text/jinja/semantics.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

void append_escape(std::string& out, char32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += "0123456789abcdef"[unit >> shift & 15];
}

void append_string(std::string& out, const std::string& text, bool ascii_only) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    const char32_t c = step.c;
    if (c == '"' || c == '\\') {
      out += {'\\', static_cast<char>(c)};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\f') {
      out += "\\f";
    } else if (c == '\b') {
      out += "\\b";
    } else if (c < 0x20 || (ascii_only && c >= 0x7F && c < 0x10000)) {
      append_escape(out, c);
    } else if (ascii_only && c >= 0x10000) {
      append_escape(out, 0xD800 + ((c - 0x10000) >> 10));
      append_escape(out, 0xDC00 + (c & 0x3FF));
    } else {
      out += text.substr(at, step.bytes);
    }
    at += step.bytes;
  }
  out += '"';
}

std::string real_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return print_real(value);
}

class Writer {
 public:
  Writer(Runtime& runtime, const JsonStyle& style) : runtime_(runtime), style_(style) {}

  void write(const Value& value) {
    runtime_.budget.work();
    runtime_.budget.check_memory(out.size());
    switch (value.kind()) {
      case Kind::none:
        out += "null";
        return;
      case Kind::boolean:
        out += value.boolean() ? "true" : "false";
        return;
      case Kind::integer:
        out += std::to_string(value.integer());
        return;
      case Kind::real:
        out += real_text(value.real());
        return;
      case Kind::text:
        runtime_.budget.work_on_bytes(value.bytes().size() * 4);
        append_string(out, value.bytes(), style_.ascii_only);
        return;
      case Kind::list:
        if (value.list().indexable()) return write_list(value.list());
        break;
      case Kind::dict:
        return write_dict(value.dict());
      default:
        break;
    }
    fail("Object of type " + type_name(value) + " is not JSON serializable");
  }

  std::string out;

 private:
  void line_break() {
    if (!style_.pretty) return;
    out += '\n';
    runtime_.budget.work_on_bytes(style_.indent.size() * static_cast<size_t>(level_));
    runtime_.budget.check_memory(out.size() + style_.indent.size() * static_cast<size_t>(level_));
    for (int i = 0; i < level_; ++i) out += style_.indent;
  }

  void write_list(const List& list) {
    if (list.items.empty()) {
      out += "[]";
      return;
    }
    const Deeper deeper(runtime_);
    out += '[';
    ++level_;
    for (const Value& item : list.items) {
      if (&item != &list.items.front()) out += style_.between;
      line_break();
      write(item);
    }
    --level_;
    line_break();
    out += ']';
  }

  std::string key_text(const Value& key) {
    switch (key.kind()) {
      case Kind::text:
        return key.bytes();
      case Kind::none:
        return "null";
      case Kind::boolean:
        return key.boolean() ? "true" : "false";
      case Kind::integer:
        return std::to_string(key.integer());
      case Kind::real:
        return real_text(key.real());
      default:
        fail("keys must be str, int, float, bool or None, not " + type_name(key));
    }
  }

  void write_dict(const Dict& dict) {
    if (dict.entries().empty()) {
      out += "{}";
      return;
    }
    const Deeper deeper(runtime_);
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : dict.entries()) entries.push_back(&entry);
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [&](const auto* a, const auto* b) { return less(runtime_, a->first, b->first); });
    }
    out += '{';
    ++level_;
    for (const auto* entry : entries) {
      if (entry != entries.front()) out += style_.between;
      line_break();
      const std::string key = key_text(entry->first);
      runtime_.budget.work_on_bytes(key.size() * 4);
      append_string(out, key, style_.ascii_only);
      out += style_.colon;
      write(entry->second);
    }
    --level_;
    line_break();
    out += '}';
  }

  Runtime& runtime_;
  const JsonStyle& style_;
  int level_ = 0;
};

}  // namespace

std::string print_json(Runtime& runtime, const Value& value, const JsonStyle& style) {
  Writer writer(runtime, style);
  writer.write(value);
  return std::move(writer.out);
}

}  // namespace diptych::jinja
