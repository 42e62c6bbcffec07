// Compares what a case gave with what it should have given, by the rule of README.md:
// |actual - expected| <= atol + rtol * |expected| with a tolerance per tensor, integers and texts equal.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/io/formats/tensor_file.h"

namespace diptych::golden {

// One line per disagreement; empty: the case is met.
using Differences = std::vector<std::string>;

// `tolerance` of case.json: rtol, atol, per_tensor_atol. Every expected tensor must be there; further ones are ignored.
Differences compare(const TensorMap& expected, const TensorMap& actual, const nlohmann::ordered_json& tolerance);

// Rows of tokenizer and chat_template cases. Of an expected error only its presence counts.
Differences compare(const nlohmann::ordered_json& expected, const nlohmann::ordered_json& actual);

}  // namespace diptych::golden
