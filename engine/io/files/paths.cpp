#include "engine/io/files/paths.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace diptych {
namespace fs = std::filesystem;
namespace {

// The XDG specification: a variable that is empty or not absolute counts as unset.
fs::path absolute_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value != '/') return {};
  return value;
}

fs::path own_home() {
  const char* value = std::getenv("DIPTYCH_HOME");
  if (value == nullptr || *value == '\0') return {};
  return fs::absolute(value);
}

fs::path place(const char* below_own, const char* variable, const char* below_home) {
  if (const fs::path own = own_home(); !own.empty()) return own / below_own;
  const fs::path base = absolute_variable(variable);
  return (base.empty() ? home_dir() / below_home : base) / "diptych";
}

}  // namespace

fs::path home_dir() {
  if (const fs::path home = absolute_variable("HOME"); !home.empty()) return home;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr && user->pw_dir != nullptr ? fs::path(user->pw_dir) : fs::path("/");
}

fs::path data_dir() {
  if (const fs::path own = own_home(); !own.empty()) return own;
  return place("", "XDG_DATA_HOME", ".local/share");
}

fs::path config_dir() {
  return place("config", "XDG_CONFIG_HOME", ".config");
}
fs::path cache_dir() {
  return place("cache", "XDG_CACHE_HOME", ".cache");
}

fs::path runtime_dir() {
  if (const fs::path own = own_home(); !own.empty()) return own / "run";
  const fs::path base = absolute_variable("XDG_RUNTIME_DIR");
  return base.empty() ? cache_dir() / "run" : base / "diptych";
}

fs::path shipped_models_dir() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error || program.parent_path().filename() != "bin") return {};
  return program.parent_path().parent_path() / "share" / "diptych" / "models";
}

fs::path models_dir() {
  const fs::path own = absolute_variable("DIPTYCH_MODELS");
  return own.empty() ? data_dir() / "models" : own;
}

}  // namespace diptych
