#include "engine/io/formats/safetensors.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/formats/byte_reader.h"
#include "engine/io/formats/json_text.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr const char* safetensors_action = "cannot read safetensors file";
constexpr uint64_t max_header_bytes = 100'000'000;  // of the reference implementation

struct TypeName {
  std::string_view name;
  int bytes;
  std::optional<DType> type;
};
constexpr std::array<TypeName, 16> safetensors_types{{
    {"F32", 4, DType::f32},
    {"F16", 2, DType::f16},
    {"BF16", 2, DType::bf16},
    {"F64", 8, DType::f64},
    {"I8", 1, DType::i8},
    {"U8", 1, DType::u8},
    {"I16", 2, DType::i16},
    {"I32", 4, DType::i32},
    {"I64", 8, DType::i64},
    {"BOOL", 1, DType::boolean},
    {"F8_E4M3", 1, DType::f8_e4m3},
    {"F8_E5M2", 1, DType::f8_e5m2},
    {"U16", 2, std::nullopt},
    {"U32", 4, std::nullopt},
    {"U64", 8, std::nullopt},
    {"F8_E8M0", 1, std::nullopt},
}};

uint64_t natural(const ByteReader& reader, const json& value, const std::string& name) {
  if (!value.is_number_unsigned() ||
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    reader.fail(8, "tensor " + name + " has a size or offset that is no natural number");
  }
  return value.get<uint64_t>();
}

WeightEntry read_entry(const ByteReader& reader, const std::string& name, const json& value) {
  const auto wrong = [&](const std::string& why) { reader.fail(8, "tensor " + name + " " + why); };
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets") || !value["dtype"].is_string() || !value["shape"].is_array() ||
      !value["data_offsets"].is_array() || value["data_offsets"].size() != 2) {
    wrong("is not described by dtype, shape and data_offsets");
  }
  WeightEntry entry;
  entry.name = name;
  const auto& type_name = value["dtype"].get_ref<const std::string&>();
  const auto type = std::ranges::find(safetensors_types, type_name, &TypeName::name);
  if (type == safetensors_types.end()) wrong("has the unknown type " + type_name);
  entry.type = type->type;
  entry.type_name = type->name;

  const json& shape = value["shape"];
  if (shape.size() > Shape::max_rank) wrong("has more than " + std::to_string(Shape::max_rank) + " dimensions");
  std::array<int64_t, Shape::max_rank> extents{};
  uint64_t values = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    const uint64_t extent = natural(reader, shape[i], name);
    if (extent != 0 && values > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / 8 / extent)
      wrong("is larger than any file");
    values *= extent;
    extents[i] = static_cast<int64_t>(extent);
  }
  entry.dims = Shape(std::span<const int64_t>(extents.data(), shape.size()));
  const uint64_t begin = natural(reader, value["data_offsets"][0], name);
  const uint64_t end = natural(reader, value["data_offsets"][1], name);
  entry.bytes = values * static_cast<uint64_t>(type->bytes);
  if (end < begin || end - begin != entry.bytes) wrong("has data_offsets that do not fit its shape and type");
  entry.offset = begin;
  return entry;
}

// The data section must be covered exactly: no gap, no overlap, nothing behind.
void check_cover(const ByteReader& reader, const std::vector<WeightEntry>& entries, uint64_t data_begin,
                 uint64_t data_bytes) {
  std::vector<const WeightEntry*> sorted;
  for (const WeightEntry& entry : entries) sorted.push_back(&entry);
  std::ranges::sort(sorted, {}, [](const WeightEntry* entry) { return std::pair(entry->offset, entry->bytes); });
  uint64_t expected = 0;
  for (const WeightEntry* entry : sorted) {
    if (entry->offset != expected)
      reader.fail(data_begin + expected, "tensor " + entry->name + " leaves a gap or overlaps another");
    if (entry->bytes > data_bytes - expected)
      reader.fail(data_begin + data_bytes, "the data of tensor " + entry->name + " lies beyond the end of the file");
    expected += entry->bytes;
  }
  if (expected != data_bytes)
    reader.fail(data_begin + expected, std::to_string(data_bytes - expected) + " bytes belong to no tensor");
}

void check_index_name(const fs::path& index, const std::string& name) {
  const bool plain = !name.empty() && name != "." && name != ".." &&
                     name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
  if (plain && name.ends_with(".safetensors")) return;
  throw Error(ErrorCategory::invalid_file, "cannot read index", index.string(),
              "it names \"" + name + "\", which is no safetensors file beside it",
              "download the model again from a source that you trust");
}

}  // namespace

std::shared_ptr<const SafetensorsFile> SafetensorsFile::parse(std::shared_ptr<const MappedFile> file) {
  ByteReader reader(file->bytes(), file->path(), safetensors_action);
  const auto header_bytes = reader.read<uint64_t>("the header's length");
  if (header_bytes > max_header_bytes)
    reader.fail(0, "the header's length is " + std::to_string(header_bytes) + ", at most 100 MB are possible");
  const auto header = reader.take(header_bytes, "the header");
  if (header.empty() || header[0] != std::byte{'{'}) reader.fail(8, "the header does not start with {");
  const json root = parse_json({reinterpret_cast<const char*>(header.data()), header.size()}, file->path(), 8);
  if (!root.is_object()) reader.fail(8, "the header is no JSON object");
  std::shared_ptr<SafetensorsFile> tensors(new SafetensorsFile(file->path()));
  std::vector<WeightEntry> entries;
  for (const auto& [name, value] : root.items()) {
    if (name != "__metadata__") {
      entries.push_back(read_entry(reader, name, value));
      continue;
    }
    if (!value.is_object()) reader.fail(8, "__metadata__ is no JSON object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) reader.fail(8, "__metadata__ holds something else than strings");
      tensors->metadata_.emplace(key, text.get<std::string>());
    }
  }
  const uint64_t begin = reader.offset();
  check_cover(reader, entries, begin, reader.remaining());
  std::ranges::stable_sort(entries, {}, &WeightEntry::offset);
  for (WeightEntry& entry : entries) {
    entry.offset += begin;
    tensors->add(std::move(entry));  // names are unique: the JSON reader refuses duplicates
  }
  tensors->files_.push_back(std::move(file));
  return tensors;
}

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open(const fs::path& path) {
  return parse(MappedFile::open(path));
}

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open_index(const fs::path& index) {
  const json root = read_json_file(index);
  const auto map = root.find("weight_map");
  if (!root.is_object() || map == root.end() || !map->is_object()) {
    throw Error(ErrorCategory::invalid_file, "cannot read index", index.string(), "it has no weight_map",
                "download it again");
  }
  std::map<std::string, std::set<std::string>> wanted;  // file: tensors
  for (const auto& [name, file] : map->items()) {
    const std::string file_name = file.is_string() ? file.get<std::string>() : std::string();
    check_index_name(index, file_name);
    wanted[file_name].insert(name);
  }
  std::shared_ptr<SafetensorsFile> all(new SafetensorsFile(index.string()));
  for (const auto& [file_name, names] : wanted) {
    const auto part = open(index.parent_path() / file_name);
    for (const std::string& name : names) {
      const WeightEntry* entry = part->entry(name);
      if (entry == nullptr) {
        throw Error(ErrorCategory::invalid_file, "cannot load model", part->path(),
                    "the weight " + name + " that the index promises is missing", "download this file again");
      }
      WeightEntry copy = *entry;
      copy.file = all->files_.size();
      all->add(std::move(copy));
    }
    all->metadata_.insert(part->metadata().begin(), part->metadata().end());
    all->files_.push_back(part->files().front());
  }
  return all;
}

}  // namespace diptych
