#include "tests/engine/diffusion/single_file.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/engine/ops/op_testing.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

Shape shape_of(const std::string& text) {
  std::vector<int64_t> extents;
  std::istringstream in(text);
  for (std::string extent; std::getline(in, extent, 'x');) extents.push_back(std::stoll(extent));
  return Shape(std::span<const int64_t>(extents));
}

StoredTensor stored(const std::string& name, DType type, const Shape& dims, const std::vector<float>& values) {
  StoredTensor tensor{name, type, dims, std::vector<std::byte>(dtype_bytes(type, dims.elements()))};
  for (size_t i = 0; i < values.size(); ++i) {
    if (type == DType::f32) {
      reinterpret_cast<float*>(tensor.data.data())[i] = values[i];
    } else {
      reinterpret_cast<uint16_t*>(tensor.data.data())[i] =
          type == DType::f16 ? f32_to_f16(values[i]) : f32_to_bf16(values[i]);
    }
  }
  return tensor;
}

// What the folder has of an original tensor: all of it, its halves swapped (%), transposed (~), or equal parts.
void add_parts(LayoutComponent& component, const Shape& dims, DType type, const std::vector<float>& values,
               const std::vector<std::string>& names) {
  const std::string first = names.front();
  if (first == "-") return;
  const int64_t rows = dims[0], row = dims.elements() / rows;
  // A convolution of single pixels may be a matrix with diffusers.
  const Shape plain = dims.rank() == 4 && dims[2] == 1 && first.find("attentions.0.to_") != std::string::npos
                          ? Shape{dims[0], dims[1]}
                          : dims;
  if (first[0] == '~') {
    std::vector<float> turned(values.size());
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < row; ++j)
        turned[static_cast<size_t>(j * rows + i)] = values[static_cast<size_t>(i * row + j)];
    }
    component.diffusers.push_back(stored(first.substr(1), type, {row, rows}, turned));
    return;
  }
  if (first[0] == '%') {
    std::vector<float> swapped = values;
    std::rotate(swapped.begin(), swapped.begin() + static_cast<int64_t>(values.size()) / 2, swapped.end());
    component.diffusers.push_back(stored(first.substr(1), type, plain, swapped));
    return;
  }
  // FLUX's linear1 holds q, k, v and an MLP four times as wide.
  const bool with_mlp = names.size() == 4;
  const int64_t unit = with_mlp ? rows / 7 : rows / static_cast<int64_t>(names.size());
  int64_t begin = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    const int64_t count = with_mlp && i == 3 ? 4 * unit : unit;
    const std::vector<float> part(values.begin() + begin * row, values.begin() + (begin + count) * row);
    component.diffusers.push_back(stored(names[i], type, plain.with(0, count), part));
    begin += count;
  }
}

}  // namespace

void write_tensors_file(const fs::path& path, const std::vector<StoredTensor>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::vector<NamedTensor> named;
  for (const StoredTensor& tensor : tensors) named.push_back({tensor.name, tensor.type, tensor.dims, tensor.data});
  fs::create_directories(path.parent_path());
  write_safetensors(path, named, metadata);
}

std::vector<LayoutComponent> layout_components(const std::string& table, DType type) {
  std::vector<LayoutComponent> components;
  std::ifstream in(fs::path(DIPTYCH_SOURCE_DIR) / "tests/models/layouts" / (table + ".txt"));
  uint32_t seed = 1;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name, shape;
    words >> name;
    if (name == "[") {
      LayoutComponent& component = components.emplace_back();
      std::string config;
      words >> component.folder >> component.prefix;
      std::getline(words, config);
      component.config = nlohmann::json::parse(config);
      continue;
    }
    words >> shape;
    std::vector<std::string> parts;
    for (std::string part; words >> part;) parts.push_back(part);
    const Shape dims = shape_of(shape);
    const float deviation = dims.rank() > 1 ? 1 / std::sqrt(static_cast<float>(dims.elements() / dims[0])) : 0.5f;
    const std::vector<float> values = random_values(dims.elements(), seed++, deviation);
    components.back().originals.push_back(stored(name, type, dims, values));
    add_parts(components.back(), dims, type, values, parts);
  }
  return components;
}

std::vector<StoredTensor> original_tensors(const std::vector<LayoutComponent>& components,
                                           const std::function<bool(const LayoutComponent&)>& wanted) {
  std::vector<StoredTensor> tensors;
  for (const LayoutComponent& component : components) {
    if (!wanted(component)) continue;
    for (StoredTensor tensor : component.originals) {
      tensor.name.insert(0, component.prefix);
      tensors.push_back(std::move(tensor));
    }
  }
  return tensors;
}

diffusion::ImageModelParts write_folders(const std::vector<LayoutComponent>& components, const fs::path& folder,
                                         diffusion::ImageModelParts like) {
  for (const LayoutComponent& component : components) {
    const fs::path own = folder / component.folder;
    const bool text = component.folder.starts_with("text");
    write_tensors_file(own / (text ? "model.safetensors" : "diffusion_pytorch_model.safetensors"), component.diffusers);
    std::ofstream(own / "config.json") << component.config;
    if (text) {
      const size_t slot = component.folder == "text_encoder" ? 0 : static_cast<size_t>(component.folder.back() - '1');
      like.texts.at(slot)->encoder = open_model(own);
    } else {
      (component.folder == "vae" ? like.autoencoder : like.denoiser) = open_model(own);
    }
  }
  return like;
}

}  // namespace diptych::testing
