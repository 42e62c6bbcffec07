#include "engine/train/runs/training_state.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/json_text.h"

namespace diptych::train {
namespace {

using nlohmann::json;

class StateReader {
 public:
  StateReader(const json& root, std::string path) : root_(root), path_(std::move(path)) {
    if (!root.is_object()) fail("state", "is no object");
  }

  const json& at(const char* field) const {
    const auto found = root_.find(field);
    if (found == root_.end()) fail(field, "is missing");
    return *found;
  }
  uint64_t natural(const char* field) const { return natural(at(field), field); }
  uint64_t natural(const json& value, const std::string& field) const {
    if (!value.is_number_unsigned()) fail(field, "is no natural number");
    return value.get<uint64_t>();
  }
  int64_t count(const char* field) const {
    const uint64_t value = natural(field);
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) fail(field, "is too large");
    return static_cast<int64_t>(value);
  }
  [[noreturn]] void fail(const std::string& field, const std::string& why) const {
    throw Error(ErrorCategory::invalid_file, "cannot read training state", path_, field + " " + why,
                "resume from an older checkpoint");
  }

 private:
  const json& root_;
  std::string path_;
};

}  // namespace

void write_training_state(const std::filesystem::path& path, const TrainingState& state) {
  json losses = json::array();
  for (const double loss : state.losses) losses.push_back(std::isfinite(loss) ? json(loss) : json());
  const json root{{"format", 1},
                  {"step", static_cast<uint64_t>(state.step)},
                  {"epoch", static_cast<uint64_t>(state.epoch)},
                  {"position", static_cast<uint64_t>(state.position)},
                  {"seed", state.seed},
                  {"random_counters", state.random_counters},
                  {"recipe_hash", state.recipe_hash},
                  {"losses", losses}};
  write_text_file(path, root.dump() + "\n");
}

TrainingState read_training_state(const std::filesystem::path& path) {
  const json root = read_json_file(path, uint64_t{1} << 30);
  const StateReader reader(root, path.string());
  if (reader.natural("format") != 1) reader.fail("format", "is that of another version");
  TrainingState state{.step = reader.count("step"),
                      .epoch = reader.count("epoch"),
                      .position = reader.count("position"),
                      .seed = reader.natural("seed")};
  const json &counters = reader.at("random_counters"), &losses = reader.at("losses"), &hash = reader.at("recipe_hash");
  if (!counters.is_object()) reader.fail("random_counters", "is no object");
  for (const auto& [name, value] : counters.items()) state.random_counters[name] = reader.natural(value, name);
  if (!hash.is_string()) reader.fail("recipe_hash", "is no text");
  state.recipe_hash = hash.get<std::string>();
  if (!losses.is_array()) reader.fail("losses", "is no list");
  for (const json& loss : losses) {
    if (!loss.is_number() && !loss.is_null()) reader.fail("losses", "holds something else than numbers");
    state.losses.push_back(loss.is_null() ? std::numeric_limits<double>::quiet_NaN() : loss.get<double>());
  }
  return state;
}

int64_t training_state_bytes(int64_t steps) {
  return 1024 + 25 * steps;  // 17 digits, a sign, a point and an exponent at most
}

}  // namespace diptych::train
