// Checkpoints: all that a run needs to go on bit for bit, in a folder of its own.
//
//   checkpoints/step-000123/   parameters.safetensors  optimizer.safetensors  ema.safetensors  state.json
//                              manifest.json: the size and the CRC-32C of every other file
//
// A folder is written beside its place, brought to the disk and renamed, so that a kill at any moment leaves the
// checkpoints that were there; one that is damaged later is found by its sums.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/train/optimizers/ema.h"
#include "engine/train/optimizers/optimizer.h"
#include "engine/train/parameter.h"
#include "engine/train/runs/training_state.h"

namespace diptych::train {

struct CheckpointTensors {
  const Parameters* parameters = nullptr;
  const Optimizer* optimizer = nullptr;
  const Ema* ema = nullptr;  // may be left out
};

// The bytes of a checkpoint after `steps` steps, known before the first of them (on meta, too).
int64_t checkpoint_bytes(const CheckpointTensors& tensors, int64_t steps);

struct SaveOptions {
  // Writes more files into the folder that it is given: an adapter that can be used at once, for example.
  std::function<void(const std::filesystem::path& folder)> also = {};
  int64_t also_bytes = 0;  // what these take

  std::function<void(std::string_view file)> written = {};                      // after each file
  std::function<int64_t(const std::filesystem::path& folder)> free_bytes = {};  // for tests; else the disk's own
};

// Saves into `folder` (checkpoints/) and returns the checkpoint's path. Error (io): too little disk, before anything is
// written, with the bytes that are needed; or writing failed. Older checkpoints are as they were in either case.
std::filesystem::path save_checkpoint(const std::filesystem::path& folder, const CheckpointTensors& tensors,
                                      const TrainingState& state, const SaveOptions& options = {});

// Reads everything back in place. Error (invalid_file): damaged; (invalid_argument): of other parameters or another
// optimizer. Nothing is changed then.
TrainingState load_checkpoint(const std::filesystem::path& checkpoint, const CheckpointTensors& tensors);

struct Checkpoint {
  int64_t step = 0;
  std::filesystem::path path;
  int64_t bytes = 0;
  bool kept = false;  // never rotated away
};

std::vector<Checkpoint> list_checkpoints(const std::filesystem::path& folder);  // by step; not verified

struct NewestCheckpoint {
  std::optional<Checkpoint> checkpoint;
  std::vector<std::string> skipped;  // newer ones, each with the reason
};
NewestCheckpoint find_newest_checkpoint(const std::filesystem::path& folder);

// Error (invalid_file) says what is wrong.
void verify_checkpoint(const std::filesystem::path& checkpoint);

void keep_checkpoint(const std::filesystem::path& checkpoint, bool kept);

struct Rotation {
  int64_t count = 0;         // how many stay, kept ones apart; 0: all
  int64_t budget_bytes = 0;  // of all together; 0: none
};
// Removes the oldest, never the newest nor one that is kept. Returns what it removed.
std::vector<std::filesystem::path> rotate_checkpoints(const std::filesystem::path& folder, const Rotation& rotation);

}  // namespace diptych::train
