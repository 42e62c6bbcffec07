#include "engine/train/exports/linked_files.h"

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"

namespace diptych::train {
namespace fs = std::filesystem;

void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  make_folder(to.parent_path());
  fs::remove(to, error);
  fs::create_hard_link(fs::canonical(from), to, error);
  if (!error) return;
  error.clear();
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) return;
  throw Error(ErrorCategory::io, "cannot write the model's folder", to.string(), error.message(),
              "make room there, or copy it from " + from.string());
}

void link_files(const fs::path& from, const fs::path& to, const std::function<bool(const fs::path& name)>& wanted) {
  for (fs::recursive_directory_iterator file(from, fs::directory_options::follow_directory_symlink), end; file != end;
       ++file) {
    const fs::path name = file->path().lexically_relative(from);
    if (file->is_regular_file() && wanted(name)) link_or_copy(file->path(), to / name);
  }
}

}  // namespace diptych::train
