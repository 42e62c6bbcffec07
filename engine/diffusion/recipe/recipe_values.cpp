#include "engine/diffusion/recipe/recipe_values.h"

#include <charconv>
#include <limits>

#include "engine/diffusion/prompt/prompt_text.h"

namespace diptych::diffusion {
namespace {

constexpr uint64_t largest_count = 1'000'000;

std::optional<int> read_count(std::string_view text) {
  const auto value = read_whole(text);
  return value && *value <= largest_count ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

template <typename T>
bool take(RestoredRecipe& restored, const std::string& name, const std::string& text, std::optional<T> value,
          std::optional<T>& to) {
  if (value)
    to = value;
  else
    restored.unrestored.push_back({name, text});
  return value.has_value();
}

}  // namespace

std::optional<uint64_t> read_whole(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool take_number(RestoredRecipe& restored, const std::string& name, const std::string& value,
                 std::optional<double>& to) {
  return take(restored, name, value, read_decimal(value, /*exponent=*/true), to);
}

bool take_count(RestoredRecipe& restored, const std::string& name, const std::string& value, std::optional<int>& to) {
  return take(restored, name, value, read_count(value), to);
}

bool take_seed(RestoredRecipe& restored, const std::string& name, const std::string& value,
               std::optional<uint64_t>& to) {
  return take(restored, name, value, read_whole(value), to);
}

bool take_size(RestoredRecipe& restored, const std::string& name, const std::string& value, std::optional<int>& width,
               std::optional<int>& height) {
  const size_t cross = value.find('x');
  const auto x = read_count(std::string_view(value).substr(0, cross));
  const auto y = cross == value.npos ? std::nullopt : read_count(std::string_view(value).substr(cross + 1));
  if (x && y) {
    width = x;
    height = y;
    return true;
  }
  restored.unrestored.push_back({name, value});
  return false;
}

}  // namespace diptych::diffusion
