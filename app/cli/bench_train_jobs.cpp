#include "app/cli/bench_train_jobs.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "app/cli/training_base.h"
#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/images/image.h"
#include "engine/io/library/model_ref.h"

namespace diptych::cli {
namespace {

namespace fs = std::filesystem;

// Words of drawn letters: as many as fill all steps, whatever the tokenizer makes of them.
void write_words(const fs::path& path, int64_t tokens, uint64_t seed) {
  const RandomStream stream(seed, "bench words");
  std::string text;
  for (int64_t word = 0; word < tokens; ++word) {
    uint64_t bits = stream.bits(static_cast<uint64_t>(word));
    for (uint64_t length = 2 + bits % 6; length > 0; --length) {
      bits = bits * 6364136223846793005u + 1442695040888963407u;
      text += static_cast<char>('a' + (bits >> 40) % 26);
    }
    text += ' ';
  }
  write_text_file(path, text);
}

void write_pictures(const fs::path& folder, int64_t pictures, int64_t side, uint64_t seed) {
  fs::create_directories(folder);
  const RandomStream stream(seed, "bench pictures");
  for (int64_t i = 0; i < pictures; ++i) {
    Image8 image{.width = side, .height = side, .channels = 3, .pixels = {}};
    for (int64_t value = 0; value < side * side * 3; ++value) {
      image.pixels.push_back(static_cast<uint8_t>(stream.bits(static_cast<uint64_t>(i * side * side * 3 + value))));
    }
    const std::string stem = "picture" + std::to_string(i);
    write_text_file(folder / (stem + ".png"), encode_image(image, ImageFormat::png));
    write_text_file(folder / (stem + ".txt"), "noise number " + std::to_string(i));
  }
}

train::Recipe made_recipe(nlohmann::ordered_json json, const fs::path& base, const TrainJobOptions& options,
                          const BenchFolder& folder) {
  json["base"] = base.string();
  json["output"] = "output";
  json["recompute"] = options.recompute;
  json["seed"] = options.seed;
  json["validate_every"] = 0;
  train::Recipe recipe = train::parse_recipe(json.dump(), "bench train");
  recipe.folder = folder.path();
  return recipe;
}

TrainJob text_job(const fs::path& base, const std::string& method, const TrainJobOptions& options, int64_t steps,
                  const BenchFolder& folder) {
  const int64_t rank = options.rank > 0 ? options.rank : 16, batch = options.batch > 0 ? options.batch : 4;
  write_words(folder.path() / "words.txt", steps * batch * options.sequence, options.seed);
  const nlohmann::ordered_json json{{"data", "words.txt"}, {"method", method}, {"rank", rank},
                                    {"batch", batch},      {"steps", steps},   {"sequence", options.sequence},
                                    {"overlong", "split"}};
  const std::string size = std::to_string(batch) + "x" + std::to_string(options.sequence);
  return {method + (method == "full" ? "" : " r" + std::to_string(rank)) + " " + size,
          made_recipe(json, base, options, folder), base, train::BaseKind::text};
}

TrainJob image_job(const fs::path& base, const std::string& method, const TrainJobOptions& options, int64_t steps,
                   const BenchFolder& folder) {
  const int64_t rank = options.rank > 0 ? options.rank : 8, batch = options.batch > 0 ? options.batch : 1;
  write_pictures(folder.path() / "pictures", batch, options.side, options.seed);
  const nlohmann::ordered_json json{
      {"data", "pictures"}, {"method", method}, {"rank", rank},
      {"batch", batch},     {"steps", steps},   {"image", {{"resolution", options.side}, {"bucket_min", 16}}}};
  const std::string size = std::to_string(batch) + "x" + std::to_string(options.side) + "px";
  return {method + (method == "full" ? "" : " r" + std::to_string(rank)) + " " + size,
          made_recipe(json, base, options, folder), base, train::BaseKind::image};
}

bool is_recipe(const std::string& what) {
  std::error_code error;
  return fs::path(what).extension() == ".json" && fs::is_regular_file(what, error);
}

}  // namespace

BenchFolder::BenchFolder() {
  std::string name = (fs::temp_directory_path() / "diptych-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorCategory::io, "cannot make a folder in", fs::temp_directory_path().string(),
                "the system refuses it", "set TMPDIR to a folder that can be written");
  }
  path_ = name;
}

BenchFolder::~BenchFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

std::vector<TrainJob> train_jobs(const ModelRegistry& registry, const std::string& what, const TrainJobOptions& options,
                                 int64_t steps, const BenchFolder& folder) {
  if (is_recipe(what)) {
    TrainJob job{what, train::read_recipe(what), {}};
    const TrainingBase base = training_base(registry, job.recipe);
    job.base = base.path;
    job.kind = base.kind;
    return {std::move(job)};
  }
  const fs::path base = fs::absolute(resolve_model(what));
  const train::BaseKind kind = base_kind(registry, base);
  std::vector<std::string> methods = options.methods;
  if (methods.empty()) methods = {"lora"};
  std::vector<TrainJob> jobs;
  for (const std::string& method : methods) {
    jobs.push_back(kind == train::BaseKind::text ? text_job(base, method, options, steps, folder)
                                                 : image_job(base, method, options, steps, folder));
  }
  return jobs;
}

}  // namespace diptych::cli
