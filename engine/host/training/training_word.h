// New words of image models (textual inversion): suggested and checked before a run, and used after it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/api/training.h"
#include "engine/api/training_plan.h"
#include "engine/host/training/training_recipe.h"
#include "engine/model/registry.h"
#include "engine/train/data/picture_files.h"

namespace diptych::host {

struct SuggestedWord {
  std::string word;       // "<fox>"
  bool is_named = false;  // captions name it already
};

// A word in angle brackets that most captions name; else the name of the folder of the data ("10_red fox":
// "<red-fox>").
SuggestedWord suggested_word(std::span<const train::PictureItem> items, const std::filesystem::path& data);

// Whether the recipe's word can be learnt, and who names it. Error: as opening base and data; unsupported (a language
// model).
api::WordReport word_report(const ModelRegistry& registry, const TrainingTarget& target);

// The prompt as it would be without the word: with what it began as.
std::string without_word(const std::string& prompt, const std::string& word, const std::string& start);

// Its files that name the word themselves, one for each text encoder: for settings that take embeddings.
std::vector<std::string> word_files(const api::TrainingResult& result);

// Copies it among the library's embeddings. Its file is called as the word, since that is how prompts find it; a number
// is added where the library, or a folder beside the base, has another of this name. Error (io).
api::KeptWord keep_word(const api::TrainingResult& result, const std::filesystem::path& base);

}  // namespace diptych::host
