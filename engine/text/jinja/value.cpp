#include "engine/text/jinja/value.h"

#include <functional>

#include "engine/text/jinja/budget.h"
#include "engine/text/jinja/semantics.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

size_t charged_bytes(const Text& text) {
  return text.bytes.size() + sizeof(Text) + 32;
}

}  // namespace

Text::Text(std::string utf8, bool is_markup, Budget* charged)
    : bytes(std::move(utf8)), length(utf8_length(bytes)), markup(is_markup), budget_(charged) {
  if (budget_ != nullptr) budget_->hold(charged_bytes(*this));
}

Text::~Text() {
  if (budget_ != nullptr) budget_->release(charged_bytes(*this));
}

Value::Value() = default;
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;
Value::Value(Data data) : data_(std::move(data)) {}

Dict::Dict(Runtime& runtime, Entries all) {
  entries_.reserve(all.size());
  for (auto& [key, value] : all) {
    const size_t hash = hash_of(runtime, key);
    if (const Value* before = find_hashed(runtime, hash, key)) {
      const_cast<Value&>(*before) = std::move(value);
      continue;
    }
    index_.emplace(hash, entries_.size());
    entries_.emplace_back(std::move(key), std::move(value));
  }
}

const Value* Dict::find_hashed(Runtime& runtime, size_t hash, const Value& key) const {
  const auto [begin, end] = index_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const auto& entry = entries_[it->second];
    if (equal(runtime, entry.first, key)) return &entry.second;
  }
  return nullptr;
}

const Value* Dict::find(Runtime& runtime, const Value& key) const {
  return find_hashed(runtime, hash_of(runtime, key), key);
}

const Value* Dict::find(std::string_view key) const {
  const auto [begin, end] = index_.equal_range(std::hash<std::string_view>()(key));
  for (auto it = begin; it != end; ++it) {
    const auto& entry = entries_[it->second];
    if (entry.first.is_text() && entry.first.bytes() == key) return &entry.second;
  }
  return nullptr;
}

}  // namespace diptych::jinja
