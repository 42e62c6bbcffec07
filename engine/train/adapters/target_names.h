// Which layers a recipe's names mean. Each layer goes by several names: its own in the file, Hugging Face's, …
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace diptych::train {

using LayerNames = std::vector<std::string>;  // of one layer

// `ending` is one of them, or what stands behind a dot at its end.
bool goes_by(const LayerNames& names, const std::string& ending);

// The name that others know a layer by: Hugging Face's, where the model's file has another.
std::string usual_name(const LayerNames& names);

// Whether one of `targets` means the layer; those that do are put into `matched`. "all-linear": every layer but the
// output.
bool is_target(const LayerNames& names, const std::vector<std::string>& targets, std::set<std::string>& matched);

// The last parts of all layers' names, for a message: "down_proj, gate_proj, …".
std::string known_endings(const std::vector<LayerNames>& layers);

// The value of the first key that the layer goes by, or `usual`.
template <typename T>
T pattern_value(const std::map<std::string, T>& pattern, const LayerNames& names, T usual) {
  const auto found = std::ranges::find_if(pattern, [&](const auto& one) { return goes_by(names, one.first); });
  return found == pattern.end() ? usual : found->second;
}

}  // namespace diptych::train
