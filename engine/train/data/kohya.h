// Training configurations of kohya-ss/sd-scripts as recipes: the program's options as TOML (with or without sections,
// which mean nothing to it) and its data set configurations. Source: docs/train_network.md and docs/config_README-en.md
// there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/train/data/recipe.h"

namespace diptych::train {

struct NotTaken {
  std::string key, value, reason;
};

struct KohyaImport {
  Recipe recipe;
  std::vector<NotTaken> not_taken;  // every key of the files that the recipe does not hold
};

// What sd-scripts takes where nothing is said is taken here, too. `dataset` may be empty; else it stands for the
// `dataset_config` that the file names. Paths are relative to `config`'s folder. Errors as read_recipe() has them.
KohyaImport import_kohya(const std::filesystem::path& config, const std::filesystem::path& dataset = {});

// For who goes on choosing: base and data may be missing, and are empty then; `config` may also be a data set's file,
// which says nothing of base and output.
KohyaImport import_kohya_draft(const std::filesystem::path& config);

}  // namespace diptych::train
