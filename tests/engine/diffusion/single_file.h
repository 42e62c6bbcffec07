// Tiny image models in both layouts: one file under original names, and diffusers' folders, from the tables in
// tests/models/layouts.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/diffusion/image_parts.h"
#include "engine/io/formats/safetensors.h"

namespace diptych::testing {

struct StoredTensor {
  std::string name;
  DType type = DType::f32;
  Shape dims;
  std::vector<std::byte> data;
};

void write_tensors_file(const std::filesystem::path& path, const std::vector<StoredTensor>& tensors,
                        const std::map<std::string, std::string>& metadata = {});

struct LayoutComponent {
  std::string folder;  // "unet", "text_encoder_2", …
  std::string prefix;  // of its names in the file
  nlohmann::json config;
  std::vector<StoredTensor> originals, diffusers;
};

// Random values in `type`. `table`: "sdxl".
std::vector<LayoutComponent> layout_components(const std::string& table, DType type = DType::f32);

// The components' original tensors with their prefixes.
std::vector<StoredTensor> original_tensors(const std::vector<LayoutComponent>& components,
                                           const std::function<bool(const LayoutComponent&)>& wanted);

// Writes each component's folder, and opens them as parts that are otherwise `like`.
diffusion::ImageModelParts write_folders(const std::vector<LayoutComponent>& components,
                                         const std::filesystem::path& folder, diffusion::ImageModelParts like);

}  // namespace diptych::testing
