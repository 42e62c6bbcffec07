// Names that people give to samplers and schedules: each one's own, and other programs' names for the same.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"

namespace diptych::diffusion {

// As tables have them: lower case, words joined by one underscore, "++" as "pp" ("DPM++ 2M" is "dpmpp_2m").
std::string plain_name(std::string_view name);

template <typename E>
struct NameOf {
  const char* name;
  E value;
};
template <typename E>
NameOf(const char*, E) -> NameOf<E>;

// The first `own` entries are the program's own names, which are listed; the others are only understood.
template <typename E, size_t n>
class NameTable {
 public:
  constexpr NameTable(size_t own, const std::array<NameOf<E>, n>& entries) : entries_(entries), own_(own) {}

  std::optional<E> find(std::string_view plain) const {
    for (const NameOf<E>& entry : entries_)
      if (plain == entry.name) return entry.value;
    return std::nullopt;
  }
  // The program's own name of a value.
  std::string name_of(E value) const {
    for (const NameOf<E>& entry : entries_)
      if (entry.value == value) return entry.name;
    return {};
  }
  std::vector<std::string> own_names() const {
    std::vector<std::string> known;
    for (size_t i = 0; i < own_; ++i) known.emplace_back(entries_[i].name);
    return known;
  }
  // `kind`: "sampler".
  [[noreturn]] void refuse(std::string_view name, const std::string& kind) const {
    std::string known;
    for (const std::string& one : own_names()) known += (known.empty() ? "" : ", ") + one;
    throw Error(ErrorCategory::invalid_argument, "cannot choose a " + kind, std::string(name),
                "there is no " + kind + " of this name", "use one of: " + known);
  }

 private:
  std::array<NameOf<E>, n> entries_;
  size_t own_;
};

}  // namespace diptych::diffusion
