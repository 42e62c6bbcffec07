#include "app/cli/common.h"

#include <CLI/CLI.hpp>

#include "engine/core/error.h"

namespace diptych::cli {

void EngineOptions::add_to(CLI::App& command) {
  command.add_option("--threads", threads, "Threads to compute with (default: every core)")->check(CLI::Range(0, 1024));
  command.add_option("--device", device, "cpu, cuda:N or meta")->capture_default_str();
  command.add_option("--seed", seed, "Seed of every random choice (default: a new one each time)");
}

Context EngineOptions::make_context() const {
  const Device parsed = parse_device(device);
  if (parsed.kind == DeviceKind::cuda) {
    throw Error(ErrorCategory::unsupported, "cannot use device", device, "this build has no CUDA backend",
                "use --device cpu");
  }
  return Context(parsed, threads);
}

}  // namespace diptych::cli
