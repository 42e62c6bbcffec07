// The known name that a mistyped one most likely stands for.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace diptych::train {

// By the number of letters to insert, leave out, replace or swap with their neighbour (Damerau 1964, each letter
// touched once). Empty where even the nearest is more than a third of the letters away.
std::string nearest_name(std::string_view typed, std::span<const std::string> known);

}  // namespace diptych::train
