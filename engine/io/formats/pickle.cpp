#include "engine/io/formats/pickle.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/io/files/ascii.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 5> pickle_endings{".ckpt", ".pth", ".pt", ".bin", ".pkl"};

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  std::string made = path.stem().string() + ".safetensors";
  throw Error(ErrorCategory::unsupported, "cannot open model", path.string(),
              why + ", which can run any program when it is read",
              "convert it where you trust it: python -c \"import torch, safetensors.torch as s; w = torch.load('" +
                  path.filename().string() +
                  "', weights_only=True); w = w.get('state_dict', w); s.save_file({k: v.contiguous() for k, v in "
                  "w.items() if hasattr(v, 'shape')}, '" +
                  made + "')\"");
}

}  // namespace

bool has_pickle_name(const fs::path& path) {
  const std::string ending = ascii_lower(path.extension().string());
  return std::ranges::find(pickle_endings, ending) != pickle_endings.end();
}

// PyTorch writes a zip archive, its old form and plain pickles begin with the protocol's number (2 to 5).
bool is_pickle(const fs::path& path) {
  std::array<char, 4> first{};
  std::ifstream file(path, std::ios::binary);
  file.read(first.data(), first.size());
  if (file.gcount() < 2) return false;
  const bool zip = std::string_view(first.data(), 4) == std::string_view("PK\3\4", 4);
  return zip || (first[0] == '\x80' && first[1] >= 2 && first[1] <= 5);
}

void refuse_pickle(const fs::path& path) {
  if (is_pickle(path)) refuse(path, "it is a Python pickle");
}

void refuse_pickled_folder(const fs::path& folder) {
  std::error_code error;
  for (const char* name : {"pytorch_model.bin", "diffusion_pytorch_model.bin"}) {
    if (fs::exists(folder / name, error)) refuse(folder / name, "the folder's weights are a Python pickle");
  }
}

}  // namespace diptych
