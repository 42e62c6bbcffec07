// diptych doctor: folders, models, the host and the window.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "app/cli/doctor.h"
#include "app/cli/library.h"
#include "app/cli/progress.h"
#include "engine/core/error.h"
#include "engine/host/machine/host_lock.h"
#include "engine/io/files/paths.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/model/model_source.h"

namespace diptych::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr uint64_t little_room_bytes = 100'000'000;

// The folder itself, or the nearest one above it that exists: where it would be made.
fs::path existing_part(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_parent_path() && folder != folder.parent_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

// Writes a file and removes it: permissions alone do not tell of read-only disks and of quotas. 0 or an errno.
int try_to_write(const fs::path& folder) {
  std::string name = (folder / ".diptych-doctor-XXXXXX").string();
  const int fd = mkstemp(name.data());
  if (fd < 0) return errno;
  const std::string block(4096, '.');
  int error = 0;
  if (write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size()) || fsync(fd) != 0) {
    error = errno != 0 ? errno : ENOSPC;
  }
  close(fd);
  unlink(name.c_str());
  return error;
}

ordered_json folder_report(const char* what, const fs::path& folder, Findings& findings) {
  const fs::path there = existing_part(folder);
  std::error_code error;
  ordered_json row{{"what", what}, {"path", folder.string()}, {"exists", there == folder}};
  int failure = fs::is_directory(there, error) ? 0 : ENOTDIR;
  if (failure == 0) failure = try_to_write(there);
  const fs::space_info space = fs::space(there, error);
  row["writable"] = failure == 0;
  row["free_bytes"] = error ? ordered_json(nullptr) : ordered_json(space.available);
  row["reason"] = failure == 0 ? ordered_json(nullptr) : ordered_json(std::strerror(failure));
  if (failure != 0) {
    findings.problems.push_back("The " + std::string(what) + " folder " + folder.string() + " cannot be written: " +
                                (failure == ENOTDIR ? there.string() + " is no folder" : std::strerror(failure)) +
                                "; make it writable, free some space, or set DIPTYCH_HOME to another folder");
  } else if (!error && space.available < little_room_bytes) {
    findings.notes.push_back("Only " + human_bytes(space.available) + " are free for the " + what + " folder " +
                             folder.string() + "; free some space, or set DIPTYCH_HOME to another disk");
  }
  return row;
}

}  // namespace

ordered_json doctor_folders(Findings& findings) {
  ordered_json list = ordered_json::array();
  list.push_back(folder_report("data", data_dir(), findings));
  list.push_back(folder_report("configuration", config_dir(), findings));
  list.push_back(folder_report("cache", cache_dir(), findings));
  list.push_back(folder_report("run-time", runtime_dir(), findings));
  list.push_back(folder_report("models", models_dir(), findings));
  return list;
}

ordered_json doctor_models(Findings& findings) {
  ordered_json list = ordered_json::array();
  try {
    for (const LibraryModel& model : indexed_library(false)) {
      const fs::path& path = model.path;
      if (model.kind != ModelKind::text && model.kind != ModelKind::image && model.kind != ModelKind::unknown) continue;
      ordered_json row{{"name", path.filename().string()}, {"path", path.string()}};
      try {
        if (!model.why.empty()) {
          throw Error(ErrorCategory::unsupported, "cannot open model", path.string(), model.why, model.to_do);
        }
        if (is_pipeline_folder(path)) {
          row["architecture"] = open_pipeline_folder(path).pipeline;
          row["quantization"] = "";
          row["error"] = nullptr;
          list.push_back(std::move(row));
          continue;
        }
        const ModelSource source = open_model(path);
        row["architecture"] = source.architecture();
        row["quantization"] = source.quantization();
        row["error"] = nullptr;
      } catch (const Error& error) {
        row["error"] = error.what();
        findings.notes.push_back("A model is not readable: " + std::string(error.what()));
      }
      list.push_back(std::move(row));
    }
  } catch (const Error& error) {
    findings.problems.push_back("The models cannot be listed: " + std::string(error.what()));
  }
  const bool none_but_shipped = std::ranges::all_of(list, [](const ordered_json& row) {
    return fs::path(row["path"].get<std::string>()).parent_path() == shipped_models_dir();
  });
  if (none_but_shipped) {
    findings.notes.push_back("There are no models yet; fetch one with 'diptych models get smollm2-135m-instruct'");
  }
  return list;
}

ordered_json doctor_host() {
  const auto running = host::running_host(host::default_lock_file());
  if (!running) return {{"running", false}};
  return {{"running", true},
          {"pid", running->pid},
          {"address", running->host},
          {"port", running->port},
          {"protocol", running->protocol}};
}

fs::path window_program(const char* own_name) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return (error ? fs::path(own_name) : self).parent_path() / "diptych-window";
}

ordered_json doctor_window(Findings& findings) {
  const fs::path program = window_program();
  const bool there = access(program.c_str(), X_OK) == 0;
  std::string display;
  for (const char* name : {"WAYLAND_DISPLAY", "DISPLAY"}) {
    const char* value = std::getenv(name);
    if (display.empty() && value != nullptr && *value != '\0') display = std::string(name) + "=" + value;
  }
  if (!there) {
    findings.notes.push_back("The window " + program.string() + " is not there; build it with 'make build'");
  } else if (display.empty()) {
    findings.notes.push_back(
        "There is no display (neither WAYLAND_DISPLAY nor DISPLAY is set), so the window cannot "
        "open here; use the commands, or 'diptych serve' and a window elsewhere");
  }
  return {{"program", program.string()},
          {"present", there},
          {"display", display.empty() ? ordered_json(nullptr) : ordered_json(display)}};
}

}  // namespace diptych::cli
