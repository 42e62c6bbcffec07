// diptych-golden: runs one reference case through the product's code (tests/golden/README.md).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "engine/ops/instruction_set.h"

int main(int argc, char** argv) {
  CLI::App command("Runs one reference case and writes what is to be compared with its expected file",
                   "diptych-golden");
  std::string folder, out, models, device = "cpu";
  int threads = 0;
  command.add_option("case", folder, "Folder of the case")->required();
  command.add_option("--out", out, "Safetensors file to write; texts go to the .json file beside it")->required();
  command.add_option("--models", models, "Folder of the GGUF files that some cases name (default: the model library)");
  command.add_option("--threads", threads, "Threads to compute with (default: every core)")->check(CLI::Range(0, 1024));
  command.add_option("--device", device, "Device to compute on")->check(CLI::IsMember({"cpu"}))->capture_default_str();
  CLI11_PARSE(command, argc, argv);
  try {
    diptych::hold_instruction_set_of_environment();
    diptych::Context ctx(diptych::cpu_device, threads);
    diptych::golden::write(diptych::golden::run(ctx, diptych::golden::Case::open(folder, models)), out);
    return 0;
  } catch (const diptych::Error& error) {
    std::fprintf(stderr, "diptych-golden: error: %s\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "diptych-golden: error: unexpected failure: %s\n", error.what());
  }
  return 1;
}
