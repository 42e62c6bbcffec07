// A safetensors file as whole tensors in memory: what evaluations read their inputs from and write their results to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

using TensorMap = std::map<std::string, Tensor>;

// Copies every tensor of the file to the context's memory (owner: activations). Error as SafetensorsFile::open, and
// unsupported for types that nothing here computes with.
TensorMap read_tensors(Context& ctx, const std::filesystem::path& path);

// Contiguous tensors with data (not on meta). Error as write_safetensors.
void write_tensors(const std::filesystem::path& path, const TensorMap& tensors);

// Whole numbers of any stored integer or boolean type. Error (invalid_argument) names the tensor where it is of
// another.
std::vector<int64_t> integers_of(const Tensor& tensor, const std::string& name);

}  // namespace diptych
