// Options that every engine command takes.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/context.h"

namespace CLI {
class App;
}

namespace diptych::cli {

struct EngineOptions {
  int threads = 0;  // 0: every core that this process may use
  std::string device = "cpu";
  int64_t seed = -1;  // -1: chosen by the program and reported

  void add_to(CLI::App& command);
  Context make_context() const;  // Error (unsupported) where this build cannot use the device
};

}  // namespace diptych::cli
