// What `diptych bench train` measures: a recipe, or usual ones of a model with data of our own making.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/model/registry.h"
#include "engine/train/data/recipe.h"
#include "engine/train/open_task.h"

namespace diptych::cli {

struct TrainJob {
  std::string name;
  train::Recipe recipe;
  std::filesystem::path base;
  train::BaseKind kind = train::BaseKind::text;
};

struct TrainJobOptions {
  std::vector<std::string> methods;  // "lora", "full", …; empty: LoRA
  int64_t rank = 0;                  // 0: 16 of language models, 8 of image models, as their users' habit is
  int64_t batch = 0;                 // 0: 4 and 1
  int64_t sequence = 256;            // tokens
  int64_t side = 256;                // pixels
  std::string recompute = "none";
  uint64_t seed = 1;
};

// A folder that goes with this.
class BenchFolder {
 public:
  BenchFolder();
  ~BenchFolder();
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// `what`: a recipe's file, or a model. `steps`: for that many there are different data. Error as read_recipe and
// resolve_model.
std::vector<TrainJob> train_jobs(const ModelRegistry& registry, const std::string& what, const TrainJobOptions& options,
                                 int64_t steps, const BenchFolder& folder);

}  // namespace diptych::cli
