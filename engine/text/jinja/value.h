// Values of the template language: Python's, as far as templates see them, and all of them immutable but namespaces.
//
// Texts are reference-counted. Everything else that lives on the heap belongs to the Runtime until the rendering ends:
// values may refer to each other in any way, cycles and long chains included, and are freed one by one.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace diptych::jinja {

class Budget;
class Runtime;
class Value;
struct Dict;
struct List;
struct Object;

struct Text {
  Text(std::string utf8, bool is_markup, Budget* charged);  // `charged` may be null: a constant of the template
  ~Text();
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  const std::string bytes;  // valid UTF-8
  const size_t length;      // characters
  const bool markup;        // HTML that is escaped already: |safe and |escape
  bool ascii() const { return length == bytes.size(); }

 private:
  Budget* budget_;
};
using TextRef = std::shared_ptr<const Text>;

enum class Kind { undefined, none, boolean, integer, real, text, list, dict, object };

class Value {
 public:
  // Out of line: values are copied everywhere, and inlining the variant's moves bloats every caller.
  Value();  // undefined
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();
  static Value none() { return Value(Data(None{})); }
  static Value of(bool value) { return Value(Data(value)); }
  static Value of(int64_t value) { return Value(Data(value)); }
  static Value of(double value) { return Value(Data(value)); }
  static Value of(TextRef value) { return Value(Data(std::move(value))); }
  static Value of(const List* value) { return Value(Data(value)); }
  static Value of(const Dict* value) { return Value(Data(value)); }
  static Value of(Object* value) { return Value(Data(value)); }
  template <typename Other>
  static Value of(Other) = delete;  // no silent conversion to bool
  static Value undefined(std::string why) {
    return Value(Data(Undefined{std::make_shared<const std::string>(std::move(why))}));
  }

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_undefined() const { return kind() == Kind::undefined; }
  bool is_none() const { return kind() == Kind::none; }
  bool is_bool() const { return kind() == Kind::boolean; }
  bool is_int() const { return kind() == Kind::integer; }
  bool is_real() const { return kind() == Kind::real; }
  bool is_text() const { return kind() == Kind::text; }
  bool is_list() const { return kind() == Kind::list; }
  bool is_dict() const { return kind() == Kind::dict; }
  bool is_object() const { return kind() == Kind::object; }
  bool is_number() const { return is_bool() || is_int() || is_real(); }
  bool is_integral() const { return is_bool() || is_int(); }  // a bool is an int, as in Python

  bool boolean() const { return std::get<bool>(data_); }
  int64_t integer() const { return is_bool() ? int64_t{boolean()} : std::get<int64_t>(data_); }
  double real() const { return is_real() ? std::get<double>(data_) : static_cast<double>(integer()); }
  const Text& text() const { return *std::get<TextRef>(data_); }
  const TextRef& text_ref() const { return std::get<TextRef>(data_); }
  const std::string& bytes() const { return text().bytes; }
  const List& list() const { return *std::get<const List*>(data_); }
  const Dict& dict() const { return *std::get<const Dict*>(data_); }
  Object& object() const { return *std::get<Object*>(data_); }
  std::string why_undefined() const {
    const auto& why = std::get<Undefined>(data_).why;
    return why ? *why : "an undefined value is used";
  }

 private:
  struct Undefined {
    std::shared_ptr<const std::string> why;
  };
  struct None {};
  using Data = std::variant<Undefined, None, bool, int64_t, double, TextRef, const List*, const Dict*, Object*>;
  explicit Value(Data data);

  Data data_;
};

// Owned by the Runtime.
struct HeapObject {
  HeapObject() = default;
  HeapObject(const HeapObject&) = delete;
  HeapObject& operator=(const HeapObject&) = delete;
  virtual ~HeapObject() = default;
};

enum class ListKind { list, tuple, keys, values, items, group };  // views of dicts; group: what |groupby gives

struct List final : HeapObject {
  List(ListKind list_kind, std::vector<Value> list_items) : kind(list_kind), items(std::move(list_items)) {}
  const ListKind kind;
  const std::vector<Value> items;
  bool indexable() const { return kind == ListKind::list || is_tuple(); }
  bool is_tuple() const { return kind == ListKind::tuple || kind == ListKind::group; }
};

struct Dict final : HeapObject {
  using Entries = std::vector<std::pair<Value, Value>>;  // in order, keys distinct
  // Later entries of equal keys win, in the place of the first. Failure: a key cannot be hashed.
  Dict(Runtime& runtime, Entries all);
  const Value* find(Runtime& runtime, const Value& key) const;  // null: no such key; Failure: unhashable
  const Value* find(std::string_view key) const;
  const Entries& entries() const { return entries_; }

 private:
  const Value* find_hashed(Runtime& runtime, size_t hash, const Value& key) const;

  Entries entries_;
  std::unordered_multimap<size_t, size_t> index_;  // by hash
};

}  // namespace diptych::jinja
