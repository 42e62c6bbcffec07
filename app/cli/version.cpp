#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/cli/commands.h"

namespace diptych::cli {

void add_version(CLI::App& root) {
  root.set_version_flag("--version", "diptych " DIPTYCH_VERSION);
}

}  // namespace diptych::cli
