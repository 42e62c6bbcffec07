#include "engine/train/runs/checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include <cstring>
#include <system_error>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/safetensors.h"
#include "engine/train/runs/checkpoint_files.h"

namespace diptych::train {
namespace fs = std::filesystem;
namespace {

// One of a checkpoint's files of tensors, as memory has them.
struct TensorFile {
  const char* name;
  std::vector<StateTensor> tensors;
};

std::vector<TensorFile> files_of(const CheckpointTensors& tensors) {
  assert(tensors.parameters != nullptr && tensors.optimizer != nullptr);
  std::vector<TensorFile> files{{parameters_file, {}}, {optimizer_file, tensors.optimizer->state()}};
  for (const Parameter& parameter : *tensors.parameters) files[0].tensors.push_back({parameter.name, parameter.value});
  if (tensors.ema != nullptr) files.push_back({ema_file, tensors.ema->state()});
  return files;
}

std::vector<NamedTensor> named(const TensorFile& file) {
  std::vector<NamedTensor> list;
  for (const auto& [name, value] : file.tensors) {
    assert(value.contiguous());
    const std::byte* data = value.raw();
    list.push_back(
        {name, value.dtype(), value.shape(),
         data == nullptr ? std::span<const std::byte>() : std::span(data, static_cast<size_t>(value.bytes()))});
  }
  return list;
}

int64_t disk_free_bytes(const fs::path& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return std::numeric_limits<int64_t>::max();  // writing will tell
  return static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
}

std::string readable_bytes(int64_t bytes) {
  const int64_t tenths = (bytes + 99'999) / 100'000;  // of 10^6 bytes, upwards
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

void check_space(const fs::path& folder, int64_t needed, const SaveOptions& options) {
  const int64_t free = options.free_bytes ? options.free_bytes(folder) : disk_free_bytes(folder);
  if (free >= needed) return;
  throw Error(ErrorCategory::io, "cannot save checkpoint", folder.string(),
              "it takes " + readable_bytes(needed) + ", the disk has " + readable_bytes(free) +
                  " left; nothing was written and nothing is lost",
              "free " + readable_bytes(needed - free) + " or keep fewer checkpoints, then go on");
}

[[noreturn]] void fail_to_place(const fs::path& path, int error) {
  throw Error(ErrorCategory::io, "cannot save checkpoint", path.string(), std::strerror(error),
              "check that the folder can be written");
}

// Puts a whole folder in the place of `path`, where an older one may be.
void put_in_place(const fs::path& written, const fs::path& path) {
  if (::rename(written.c_str(), path.c_str()) == 0) return;
  if (errno != ENOTEMPTY && errno != EEXIST) fail_to_place(path, errno);
  // Both exist at any moment: they change places, and the older one goes under the temporary name.
  if (::renameat2(AT_FDCWD, written.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) != 0) {
    const fs::path older = written.string() + ".old.tmp";  // a file system that cannot exchange
    if (::rename(path.c_str(), older.c_str()) != 0 || ::rename(written.c_str(), path.c_str()) != 0) {
      fail_to_place(path, errno);
    }
  }
}

class Leftovers {
 public:
  explicit Leftovers(fs::path folder) : folder_(std::move(folder)) { remove_leftovers(folder_); }
  ~Leftovers() { remove_leftovers(folder_); }
  Leftovers(const Leftovers&) = delete;
  Leftovers& operator=(const Leftovers&) = delete;

 private:
  fs::path folder_;
};

[[noreturn]] void refuse_other(const fs::path& path, const std::string& why) {
  throw Error(ErrorCategory::invalid_argument, "cannot resume", path.string(), why,
              "resume with the recipe that the checkpoint was made with");
}

void check_same(const SafetensorsFile& file, const TensorFile& wanted, const fs::path& path) {
  for (const auto& [name, value] : wanted.tensors) {
    const WeightEntry* entry = file.entry(name);
    if (entry == nullptr) refuse_other(path, "it lacks " + name);
    if (entry->type != value.dtype() || !(entry->dims == value.shape())) {
      refuse_other(path, name + " is " + std::string(entry->type_name) + " " + entry->dims.str() + ", not " +
                             std::string(dtype_name(value.dtype())) + " " + value.shape().str());
    }
  }
  if (file.entries().size() != wanted.tensors.size()) {
    refuse_other(path, "it has " + std::to_string(file.entries().size()) + " tensors, not " +
                           std::to_string(wanted.tensors.size()));
  }
}

}  // namespace

int64_t checkpoint_bytes(const CheckpointTensors& tensors, int64_t steps) {
  const std::vector<TensorFile> files = files_of(tensors);
  int64_t bytes = training_state_bytes(steps) + manifest_bytes(static_cast<int>(files.size()) + 1);
  for (const TensorFile& file : files) bytes += static_cast<int64_t>(safetensors_bytes(named(file)));
  return bytes;
}

fs::path save_checkpoint(const fs::path& folder, const CheckpointTensors& tensors, const TrainingState& state,
                         const SaveOptions& options) {
  make_folder(folder);
  const Leftovers leftovers(folder);
  check_space(folder, checkpoint_bytes(tensors, static_cast<int64_t>(state.losses.size())) + options.also_bytes,
              options);
  const fs::path temporary = temporary_checkpoint(folder, state.step);
  fs::path path = folder / checkpoint_name(state.step);
  const auto written = [&](std::string_view file) {
    if (options.written) options.written(file);
  };
  make_folder(temporary);
  for (const TensorFile& file : files_of(tensors)) {
    write_safetensors(temporary / file.name, named(file));
    written(file.name);
  }
  write_training_state(temporary / state_file, state);
  written(state_file);
  if (options.also) options.also(temporary);
  write_manifest(temporary);
  written(manifest_file);
  std::error_code error;
  if (fs::exists(path / kept_file, error)) write_text_file(temporary / kept_file, "\n");
  sync_folder(temporary);
  put_in_place(temporary, path);
  sync_folder(folder);
  written("");
  return path;
}

TrainingState load_checkpoint(const fs::path& checkpoint, const CheckpointTensors& tensors) {
  verify_checkpoint(checkpoint);
  const std::vector<TensorFile> files = files_of(tensors);
  std::vector<std::shared_ptr<const SafetensorsFile>> opened;
  for (const TensorFile& file : files) {
    const fs::path path = checkpoint / file.name;
    std::error_code error;
    if (!fs::exists(path, error)) refuse_other(checkpoint, "it has no " + std::string(file.name));
    opened.push_back(SafetensorsFile::open(path));
    check_same(*opened.back(), file, path);
  }
  TrainingState state = read_training_state(checkpoint / state_file);
  for (size_t i = 0; i < files.size(); ++i) {
    for (const auto& [name, value] : files[i].tensors) {
      Tensor tensor = value;
      const WeightView view = opened[i]->require(name);
      if (!tensor.is_meta() && view.bytes > 0) std::memcpy(tensor.raw(), view.data, view.bytes);
    }
  }
  return state;
}

}  // namespace diptych::train
