// Numbers out of other programs' texts, into a recipe; what does not fit is listed instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/diffusion/recipe/recipe_reader.h"

namespace diptych::diffusion {

std::optional<uint64_t> read_whole(std::string_view text);  // 0 to 2^64 - 1

// Each returns whether it was read; else the name and value are listed.
bool take_number(RestoredRecipe& restored, const std::string& name, const std::string& value,
                 std::optional<double>& to);
bool take_count(RestoredRecipe& restored, const std::string& name, const std::string& value, std::optional<int>& to);
bool take_seed(RestoredRecipe& restored, const std::string& name, const std::string& value,
               std::optional<uint64_t>& to);
// "512x768"
bool take_size(RestoredRecipe& restored, const std::string& name, const std::string& value, std::optional<int>& width,
               std::optional<int>& height);

}  // namespace diptych::diffusion
