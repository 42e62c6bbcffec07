#include "models/common/renamed_weights.h"

#include <algorithm>
#include <map>

#include "engine/core/error.h"
#include "models/common/config_reader.h"

namespace diptych::models {
namespace {

// The one layer that the model has in place of a shift and a scale; empty: it has both, or they are none.
std::string exchanged_layer(const WeightLoader& weights, const std::vector<std::string>& parts) {
  const std::string ending = ".shift";
  if (parts.size() != 2 || !parts.front().ends_with(ending)) return {};
  const std::string layer = parts.front().substr(0, parts.front().size() - ending.size());
  return parts.back() == layer + ".scale" && weights.contains(layer + ".weight") ? layer : std::string();
}

}  // namespace

RenamedWeights::RenamedWeights(std::shared_ptr<const WeightFile> file, const std::vector<RenamedWeight>& names)
    : WeightFile(file->path()), file_(std::move(file)) {
  files_ = file_->files();
  for (const RenamedWeight& renamed : names) {
    const WeightEntry* source = file_->entry(renamed.source);
    if (source == nullptr) continue;
    if (renamed.transposed) {
      transpose(renamed, *source);
      continue;
    }
    WeightEntry entry = *source;
    entry.name = renamed.name;
    if (renamed.dims.rank() > 0) entry.dims = renamed.dims;
    if (renamed.rows == 0 && renamed.parts == 1) {
      add(std::move(entry));
      continue;
    }
    const int64_t all = entry.dims.rank() > 0 ? entry.dims[0] : 0;
    const int64_t rows = renamed.rows > 0 ? renamed.rows : all / renamed.parts;
    const int64_t first = renamed.rows > 0 ? renamed.first_row : renamed.part * rows;
    if (all < 1 || rows < 1 || first < 0 || first > all - rows || (renamed.rows == 0 && all % renamed.parts != 0)) {
      throw Error(ErrorCategory::invalid_file, "cannot load model", path(),
                  "the weight " + renamed.source + " " + entry.dims.str() + " has no such rows as " + renamed.name,
                  "the file is damaged or of a kind that is not known: download it again");
    }
    const uint64_t row_bytes = entry.bytes / static_cast<uint64_t>(all);
    entry.dims = entry.dims.with(0, rows);
    entry.offset += row_bytes * static_cast<uint64_t>(first);
    entry.bytes = row_bytes * static_cast<uint64_t>(rows);
    add(std::move(entry));
  }
}

void RenamedWeights::transpose(const RenamedWeight& renamed, const WeightEntry& source) {
  const WeightView view = file_->require(source.name);
  if (view.dims.rank() != 2 || is_quantized(view.type)) {
    throw Error(ErrorCategory::invalid_file, "cannot load model", path(),
                "the weight " + source.name + " is " + std::string(source.type_name) + " " + view.dims.str() +
                    ", not a matrix of plain numbers",
                "the file is damaged or of a kind that is not known: download it again");
  }
  const auto rows = static_cast<size_t>(view.dims[0]), columns = static_cast<size_t>(view.dims[1]);
  const auto size = static_cast<size_t>(dtype_info(view.type).block_bytes);
  std::vector<std::byte> bytes(view.bytes);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      std::copy_n(view.data + (row * columns + column) * size, size, bytes.data() + (column * rows + row) * size);
    }
  }
  WeightEntry entry = source;
  entry.name = renamed.name;
  entry.dims = {view.dims[1], view.dims[0]};
  entry.offset = 0;
  entry.file = files_.size();
  files_.push_back(MappedFile::adopt(std::move(bytes), path()));
  add(std::move(entry));
}

void RenamedLayers::tree(const WeightFile& file, const std::string& name, const std::string& source) {
  const std::string from = prefix_ + source;
  for (const WeightEntry& entry : file.entries()) {
    if (entry.name.starts_with(from)) names_.push_back({name + entry.name.substr(from.size()), entry.name});
  }
}

void RenamedLayers::split(const std::vector<std::string>& names, const std::string& source) {
  const auto parts = static_cast<int64_t>(names.size());
  for (int64_t part = 0; part < parts; ++part) {
    for (const char* kind : {".weight", ".bias"}) {
      names_.push_back({names[static_cast<size_t>(part)] + kind, prefix_ + source + kind, part, parts});
    }
  }
}

void RenamedLayers::rows(const std::string& name, const std::string& source, int64_t first_row, int64_t count) {
  for (const char* kind : {".weight", ".bias"}) {
    names_.push_back({name + kind, prefix_ + source + kind, 0, 1, first_row, count});
  }
}

void name_originals(WeightLoader& weights, const std::vector<RenamedWeight>& names, const std::string& prefix) {
  const std::string ending = ".weight";
  std::map<std::string, std::vector<std::string>> layers;  // in the order of their rows, as the names are
  for (const RenamedWeight& one : names) {
    if (!one.name.ends_with(ending) || !one.source.ends_with(ending)) continue;
    layers[one.source.substr(prefix.size(), one.source.size() - prefix.size() - ending.size())].push_back(
        one.name.substr(0, one.name.size() - ending.size()));
  }
  for (const auto& [source, parts] : layers) {
    if (const std::string layer = exchanged_layer(weights, parts); !layer.empty()) {
      weights.also_named(source, {layer}, {.halves_exchanged = true});
    } else {
      weights.also_named(source, parts);
    }
  }
}

std::string checkpoint_prefix(const WeightFile& file, const std::string& some_name) {
  const std::string prefix = "model.diffusion_model.";
  return file.contains(prefix + some_name) ? prefix : "";
}

int64_t stored_extent(const WeightFile& file, const std::string& name, int axis) {
  const Shape dims = file.require(name).dims;
  const int place = axis < 0 ? dims.rank() + axis : axis;
  if (place >= 0 && place < dims.rank() && dims[place] >= 1 && dims[place] <= largest_extent) return dims[place];
  throw Error(ErrorCategory::invalid_file, "cannot load model", file.path(),
              "the weight " + name + " is " + dims.str() + ", which tells no size",
              "the file is damaged or of a kind that is not known: download it again");
}

bool has_weights_of(const WeightFile& file, const std::string& prefix) {
  return std::ranges::any_of(file.entries(), [&](const WeightEntry& entry) { return entry.name.starts_with(prefix); });
}

int64_t count_layers(const WeightFile& file, const std::string& prefix, const std::string& suffix) {
  int64_t count = 0;
  const auto name = [&](int64_t index) { return prefix + std::to_string(index).append(suffix); };
  while (file.contains(name(count))) ++count;
  return count;
}

}  // namespace diptych::models
