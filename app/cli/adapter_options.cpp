#include "app/cli/adapter_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/library/side_files.h"

namespace diptych::cli {
namespace {

using diffusion::ChosenAdapter;

std::optional<double> take_scale(std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  double value = 0;
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || rest != end || begin == end || !std::isfinite(value)) return std::nullopt;
  text.resize(colon);
  return value;
}

ChosenAdapter choose(const std::string& argument, const std::filesystem::path& model) {
  ChosenAdapter chosen;
  std::string name = argument;
  std::error_code error;
  std::optional<double> last, first;
  if (!std::filesystem::exists(name, error)) {
    last = take_scale(name);
    if (last && !std::filesystem::exists(name, error)) first = take_scale(name);
  }
  chosen.denoiser_scale = first.value_or(last.value_or(1));
  chosen.text_encoder_scale = last.value_or(1);
  chosen.path = resolve_side_file(ModelKind::adapter, name, model);
  return chosen;
}

}  // namespace

void AdapterOptions::add_to(CLI::App& command) {
  command.add_option("--lora", adapters,
                     "LoRA, LoHa, LoKr or DoRA: FILE, FILE:SCALE or FILE:SCALE:TEXT_ENCODER_SCALE; repeatable");
  command
      .add_option("--lora-mode", mode,
                  "auto, merge (into plain weights, at no cost per step) or live (beside the weights)")
      ->check(CLI::IsMember({"auto", "merge", "live"}))
      ->capture_default_str();
}

std::vector<ChosenAdapter> AdapterOptions::chosen(const std::filesystem::path& model) const {
  std::vector<ChosenAdapter> list;
  for (const std::string& argument : adapters) list.push_back(choose(argument, model));
  return list;
}

std::vector<AdapterUse> AdapterOptions::uses(const std::filesystem::path& model) const {
  std::vector<AdapterUse> list;
  for (const ChosenAdapter& one : chosen(model)) {
    list.push_back({open_adapter(one.path), one.denoiser_scale, one.text_encoder_scale});
  }
  return list;
}

AdapterMode AdapterOptions::adapter_mode() const {
  return mode == "merge" ? AdapterMode::merged : mode == "live" ? AdapterMode::on_the_fly : AdapterMode::automatic;
}

void tell_absent(const AdapterReport& report) {
  for (const auto& [component, layers] : report.absent) {
    std::fprintf(stderr, "diptych: note: %lld layers of adapters are for %s, which is not loaded\n",
                 static_cast<long long>(layers), component.c_str());
  }
}

}  // namespace diptych::cli
