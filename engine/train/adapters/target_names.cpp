#include "engine/train/adapters/target_names.h"

namespace diptych::train {

bool goes_by(const LayerNames& names, const std::string& ending) {
  return std::ranges::any_of(names,
                             [&](const std::string& name) { return name == ending || name.ends_with("." + ending); });
}

std::string usual_name(const LayerNames& names) {
  for (const std::string& name : names) {
    if (name.starts_with("model.")) return name;
  }
  return names.front();
}

bool is_target(const LayerNames& names, const std::vector<std::string>& targets, std::set<std::string>& matched) {
  bool wanted = false;
  for (const std::string& target : targets) {
    if (target == "all-linear" ? goes_by(names, "lm_head") : !goes_by(names, target)) continue;
    matched.insert(target);
    wanted = true;
  }
  return wanted;
}

std::string known_endings(const std::vector<LayerNames>& layers) {
  std::set<std::string> endings;
  for (const LayerNames& names : layers) {
    const std::string name = usual_name(names);
    endings.insert(name.substr(name.rfind('.') + 1));
  }
  std::string list;
  for (const std::string& ending : endings) list += (list.empty() ? "" : ", ") + ending;
  return list;
}

}  // namespace diptych::train
