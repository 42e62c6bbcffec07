// --lora, --lora-mode and --embedding: what is put on a model for one command.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/diffusion/image_adapters.h"

namespace CLI {
class App;
}

namespace diptych::cli {

struct AdapterOptions {
  std::vector<std::string> adapters;  // "FILE", "FILE:SCALE" or "FILE:SCALE:TEXT_ENCODER_SCALE"
  std::string mode = "auto";

  void add_to(CLI::App& command);
  // Names are looked up beside the model. Error: not_found, invalid_argument.
  std::vector<diffusion::ChosenAdapter> chosen(const std::filesystem::path& model) const;
  // The same for a language model or a single component.
  std::vector<AdapterUse> uses(const std::filesystem::path& model) const;
  AdapterMode adapter_mode() const;
};

// Says on stderr what the model has no component for.
void tell_absent(const AdapterReport& report);

}  // namespace diptych::cli
