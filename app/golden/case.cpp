#include "app/golden/case.h"

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/paths.h"

namespace diptych::golden {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

Case Case::open(const fs::path& folder, const fs::path& models) {
  Case result;
  result.folder_ = folder;
  result.models_ = models;
  result.name_ = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  result.description_ = result.read_json("case.json");
  result.kind_ = result.text("kind");
  return result;
}

ordered_json Case::read_json(const std::string& name) const {
  const std::string text = read_text_file(file(name));
  try {
    return ordered_json::parse(text);
  } catch (const ordered_json::parse_error& error) {
    throw Error(ErrorCategory::invalid_file, "cannot read case", file(name).string(), error.what(),
                "make the case again (tests/golden/README.md)");
  }
}

void Case::fail(const std::string& field, const std::string& why) const {
  throw Error(ErrorCategory::invalid_file, "cannot run case", name_, field + " of case.json " + why,
              "make the case again (tests/golden/README.md)");
}

std::string Case::text(const std::string& field) const {
  const auto found = description_.find(field);
  if (found == description_.end() || !found->is_string()) fail(field, "is missing or no text");
  return found->get<std::string>();
}

fs::path Case::model() const {
  if (!description_.contains("gguf_file")) {
    return description_.contains("model") ? (folder_ / text("model")).lexically_normal() : folder_ / "model";
  }
  const fs::path file = (models_.empty() ? models_dir() : models_) / text("gguf_file");
  std::error_code error;
  if (!fs::exists(file, error)) {
    throw Error(ErrorCategory::not_found, "cannot run case", name_, file.string() + " is not there",
                "fetch it with 'make models', or name its folder with --models");
  }
  return file;
}

TensorMap Case::inputs(Context& ctx) const {
  return read_tensors(ctx, file("inputs.safetensors"));
}

}  // namespace diptych::golden
