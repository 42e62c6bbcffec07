#include "app/golden/control_requests.h"

#include <algorithm>
#include <array>
#include <vector>

namespace diptych::golden {
namespace {

using nlohmann::ordered_json;

constexpr std::array control_arguments{"controlnet_conditioning_scale",
                                       "adapter_conditioning_scale",
                                       "control_guidance_start",
                                       "control_guidance_end",
                                       "guess_mode",
                                       "ip_adapter_scale"};

std::vector<std::filesystem::path> files_of(const Case& one, const char* field) {
  std::vector<std::filesystem::path> files;
  for (const auto& name : one.description().value(field, ordered_json::array())) {
    files.push_back(one.file(name.get<std::string>()));
  }
  return files;
}

// Argument `index` of a list, or the one for all.
double argument_of(const Case& one, const char* name, size_t index, double fallback) {
  const ordered_json& arguments = one.description().at("arguments");
  const auto found = arguments.find(name);
  if (found == arguments.end() || found->is_null()) return fallback;
  return found->is_array() ? found->at(index).get<double>() : found->get<double>();
}

const Tensor& picture_of_case(const Case& one, const TensorMap& inputs, const std::string& name) {
  const auto found = inputs.find(name);
  if (found == inputs.end()) one.fail(name, "is missing from the inputs");
  return found->second;
}

}  // namespace

bool is_control_argument(const std::string& name) {
  return std::ranges::find(control_arguments, name) != control_arguments.end();
}

void add_controls(Context& ctx, const ModelRegistry& registry, const Case& one, const TensorMap& inputs,
                  diffusion::ImageRequest& request) {
  for (const auto& file : files_of(one, "control_models")) {
    const size_t i = request.controls.size();
    const double scale = argument_of(one, "adapter_conditioning_scale", i, 1);
    request.controls.push_back({.model = registry.load_control_model(ctx, open_model(file)),
                                .image = picture_of_case(one, inputs, "control_image." + std::to_string(i)),
                                .scale = argument_of(one, "controlnet_conditioning_scale", i, scale),
                                .begin = argument_of(one, "control_guidance_start", i, 0),
                                .end = argument_of(one, "control_guidance_end", i, 1),
                                .guess = one.description().at("arguments").value("guess_mode", false)});
  }
  const std::vector<std::filesystem::path> adapters = files_of(one, "ip_adapters");
  if (adapters.empty()) return;
  const std::shared_ptr<const ImageEncoder> encoder =
      registry.load_image_encoder(ctx, open_model(one.file(one.text("image_encoder"))));
  for (const auto& file : adapters) {
    const size_t i = request.image_prompts.size();
    request.image_prompts.push_back({.adapter = registry.load_image_prompt_model(ctx, file),
                                     .encoder = encoder,
                                     .pixels = picture_of_case(one, inputs, "ip_adapter_image." + std::to_string(i)),
                                     .scale = argument_of(one, "ip_adapter_scale", i, 1)});
  }
}

}  // namespace diptych::golden
