// What a fine-tuning can begin with: a recipe of a file, kohya's or ours, and the examples that come along.
#pragma once

#include <string>
#include <vector>

#include "engine/api/fields.h"
#include "engine/api/training.h"

namespace diptych::api {

struct NotTakenOption {
  std::string key, value, reason;
};

struct ImportBody {  // POST /api/training/import
  std::string path;  // whole: a TOML file of kohya's scripts, or a RECIPE.json
};

struct TrainingImport {
  // With whole paths; of `base` its id. Without base or data where the file names none, or this host has no such model.
  Json recipe;
  std::vector<NotTakenOption> not_taken;  // every word of the file that the recipe does not hold
};

struct TrainingExample {
  std::string name, title;  // "style", "Delft style"
  std::string text;         // what it teaches, and on what
  TrainingKind kind = TrainingKind::text;
  std::string base;       // id; empty: this host has no such model
  std::string base_name;  // as its recipe calls it
  std::string goal;       // the preset that suits it
  Json recipe;            // base, data, validation and prompts, with whole paths
};

struct TrainingExamples {  // GET /api/training/examples
  std::vector<TrainingExample> examples;
};

template <typename V>
void fields(V& v, NotTakenOption& x) {
  v("key", x.key);
  v("value", x.value);
  v("reason", x.reason);
}

template <typename V>
void fields(V& v, ImportBody& x) {
  v("path", x.path);
}

template <typename V>
void fields(V& v, TrainingImport& x) {
  v("recipe", x.recipe);
  v("not_taken", x.not_taken);
}

template <typename V>
void fields(V& v, TrainingExample& x) {
  v("name", x.name);
  v("title", x.title);
  v("text", x.text);
  v("kind", x.kind);
  v("base", x.base);
  v("base_name", x.base_name);
  v("goal", x.goal);
  v("recipe", x.recipe);
}

template <typename V>
void fields(V& v, TrainingExamples& x) {
  v("examples", x.examples);
}

}  // namespace diptych::api
