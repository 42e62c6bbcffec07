// str() and repr().
#include <unicode/uchar.h>

#include <charconv>
#include <cmath>

#include "engine/text/jinja/semantics.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

std::string hex(char32_t c, int digits) {
  std::string out(static_cast<size_t>(digits), '0');
  for (size_t i = out.size(); i-- > 0; c >>= 4) out[i] = "0123456789abcdef"[c & 15];
  return out;
}

// What Python prints as it is; the rest is escaped.
bool is_printable(char32_t c) {
  if (c == ' ') return true;
  const uint32_t hidden = U_GC_C_MASK | U_GC_Z_MASK;
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & hidden) == 0;
}

std::string quoted(const std::string& text) {
  const bool doubled = text.find('\'') != text.npos && text.find('"') == text.npos;
  const char quote = doubled ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    const char32_t c = step.c;
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      out += {'\\', static_cast<char>(c)};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (is_printable(c)) {
      out += text.substr(at, step.bytes);
    } else if (c < 0x100) {
      out += "\\x" + hex(c, 2);
    } else if (c < 0x10000) {
      out += "\\u" + hex(c, 4);
    } else {
      out += "\\U" + hex(c, 8);
    }
    at += step.bytes;
  }
  return out + quote;
}

std::string print_list(Runtime& runtime, const List& list) {
  const Deeper deeper(runtime);
  std::string inner;
  for (const Value& item : list.items) {
    if (&item != &list.items.front()) inner += ", ";
    inner += print_quoted(runtime, item);
    runtime.budget.work_on_bytes(inner.size() / (list.items.size() + 1));
    runtime.budget.check_memory(inner.size());
  }
  switch (list.kind) {
    case ListKind::list:
      return "[" + inner + "]";
    case ListKind::tuple:
    case ListKind::group:
      return "(" + inner + (list.items.size() == 1 ? ",)" : ")");
    case ListKind::keys:
      return "dict_keys([" + inner + "])";
    case ListKind::values:
      return "dict_values([" + inner + "])";
    case ListKind::items:
      return "dict_items([" + inner + "])";
  }
  return inner;
}

std::string print_dict(Runtime& runtime, const Dict& dict) {
  const Deeper deeper(runtime);
  std::string out = "{";
  for (const auto& [key, value] : dict.entries()) {
    if (&key != &dict.entries().front().first) out += ", ";
    out += print_quoted(runtime, key) + ": " + print_quoted(runtime, value);
    runtime.budget.check_memory(out.size());
  }
  return out + "}";
}

}  // namespace

std::string type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      return "Undefined";
    case Kind::none:
      return "NoneType";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::real:
      return "float";
    case Kind::text:
      return value.text().markup ? "Markup" : "str";
    case Kind::list:
      switch (value.list().kind) {
        case ListKind::list:
          return "list";
        case ListKind::keys:
          return "dict_keys";
        case ListKind::values:
          return "dict_values";
        case ListKind::items:
          return "dict_items";
        default:
          return "tuple";
      }
    case Kind::dict:
      return "dict";
    case Kind::object:
      return std::string(value.object().type_name());
  }
  return "";
}

std::string quoted_type(const Value& value) {
  return std::string(1, '\'').append(type_name(value)).append(1, '\'');
}

std::string print_real(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // The shortest digits that read back, laid out as Python does: an exponent below 1e-4 and from 1e16.
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer, static_cast<size_t>(end - buffer));
  const size_t e = scientific.find('e');
  int exponent = 0;
  const char* digits = scientific.data() + e + 1 + (scientific[e + 1] == '+');
  std::from_chars(digits, end, exponent);
  if (exponent < -4 || exponent >= 16) return std::string(scientific);
  const auto fixed_end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string out(buffer, fixed_end);
  if (out.find('.') == out.npos) out += ".0";
  return out;
}

std::string print(Runtime& runtime, const Value& value) {
  if (value.is_text()) return value.bytes();
  if (value.is_undefined()) return "";
  return print_quoted(runtime, value);
}

std::string print_quoted(Runtime& runtime, const Value& value) {
  runtime.budget.work();
  switch (value.kind()) {
    case Kind::undefined:
      return "Undefined";
    case Kind::none:
      return "None";
    case Kind::boolean:
      return value.boolean() ? "True" : "False";
    case Kind::integer:
      return std::to_string(value.integer());
    case Kind::real:
      return print_real(value.real());
    case Kind::text:
      runtime.budget.work_on_bytes(value.bytes().size() * 4);
      return value.text().markup ? "Markup(" + quoted(value.bytes()) + ")" : quoted(value.bytes());
    case Kind::list:
      return print_list(runtime, value.list());
    case Kind::dict:
      return print_dict(runtime, value.dict());
    case Kind::object: {
      const Deeper deeper(runtime);
      return value.object().print(runtime);
    }
  }
  return "";
}

}  // namespace diptych::jinja
