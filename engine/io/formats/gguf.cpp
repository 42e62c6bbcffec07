#include "engine/io/formats/gguf.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/files/utf8.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

constexpr const char* gguf_action = "cannot read GGUF file";
constexpr uint32_t max_dims = 4;
constexpr uint32_t default_alignment = 32;
constexpr int max_shards = 99999;  // five digits of the file name

struct ShardName {
  std::string stem, count;  // count: five digits
};

// "STEM-00001-of-00003.gguf"
std::optional<ShardName> shard_name_of(const std::string& name) {
  constexpr std::string_view pattern = "-#####-of-#####.gguf";
  if (name.size() < pattern.size()) return std::nullopt;
  const size_t begin = name.size() - pattern.size();
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = name[begin + i];
    if (pattern[i] == '#' ? c < '0' || c > '9' : c != pattern[i]) return std::nullopt;
  }
  return ShardName{name.substr(0, begin), name.substr(begin + 10, 5)};
}

uint32_t read_header(ByteReader& reader, const std::string& path) {
  const auto magic = reader.take(4, "the magic number");
  constexpr std::array<char, 4> expected{'G', 'G', 'U', 'F'};
  if (std::memcmp(magic.data(), expected.data(), 4) != 0) reader.fail(0, "it does not start with \"GGUF\"");
  const auto version = reader.read<uint32_t>("the version");
  if (version != 0 && (version & 0xffff) == 0) {
    throw Error(ErrorCategory::unsupported, gguf_action, path, "it is big-endian", "convert it to little-endian");
  }
  if (version < 2 || version > 3) {
    throw Error(ErrorCategory::unsupported, gguf_action, path, "GGUF version " + std::to_string(version),
                "versions 2 and 3 are read: convert the model again");
  }
  return version;
}

WeightEntry read_tensor(ByteReader& reader) {
  WeightEntry entry;
  uint64_t at = reader.offset();
  const std::string_view name = reader.string("a tensor name");
  if (name.empty() || name.size() > 65535 || !is_utf8(name))
    reader.fail(at, "a tensor name is empty, too long or not UTF-8");
  entry.name = name;

  at = reader.offset();
  const auto rank = reader.read<uint32_t>("the number of dimensions");
  if (rank > max_dims)
    reader.fail(at, "tensor " + entry.name + " has " + std::to_string(rank) + " dimensions, at most 4 are possible");
  std::array<int64_t, max_dims> extents{};
  uint64_t values = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    at = reader.offset();
    const auto extent = reader.read<uint64_t>("an extent");
    if (extent == 0 || extent > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / values) {
      reader.fail(at, "tensor " + entry.name + " has an impossible extent of " + std::to_string(extent));
    }
    values *= extent;
    extents[rank - 1 - i] = static_cast<int64_t>(extent);
  }
  entry.dims = Shape(std::span<const int64_t>(extents.data(), rank));

  at = reader.offset();
  const auto id = reader.read<uint32_t>("a tensor type");
  const GgufTensorType* type = gguf_tensor_type(id);
  if (type == nullptr) reader.fail(at, "tensor " + entry.name + " has the unknown type " + std::to_string(id));
  const uint64_t columns = rank == 0 ? 1 : static_cast<uint64_t>(extents[rank - 1]);
  const auto block_values = static_cast<uint64_t>(type->block_values);
  const auto block_bytes = static_cast<uint64_t>(type->block_bytes);
  if (columns % block_values != 0) {
    reader.fail(at, "tensor " + entry.name + " has rows of " + std::to_string(columns) + " values, " +
                        std::string(type->name) + " needs a multiple of " + std::to_string(block_values));
  }
  const uint64_t blocks = values / block_values;
  if (blocks > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / block_bytes) {
    reader.fail(at, "tensor " + entry.name + " is larger than any file");
  }
  entry.type = type->type;
  entry.type_name = type->name;
  entry.bytes = blocks * block_bytes;
  entry.offset = reader.read<uint64_t>("a tensor offset");  // still relative to the data section
  return entry;
}

// Turns relative offsets into offsets of the file; the data must be aligned, inside the file and nowhere shared.
void place_tensors(ByteReader& reader, std::vector<WeightEntry>& entries, uint32_t alignment) {
  if (entries.empty()) return;
  const uint64_t begin = (reader.offset() + alignment - 1) / alignment * alignment;
  const uint64_t size = reader.offset() + reader.remaining();
  for (WeightEntry& entry : entries) {
    if (entry.offset % alignment != 0) {
      reader.fail(reader.offset(),
                  "the offset of tensor " + entry.name + " is no multiple of " + std::to_string(alignment));
    }
    if (begin > size || entry.offset > size - begin || entry.bytes > size - begin - entry.offset) {
      reader.fail(size, "the data of tensor " + entry.name + " lies beyond the end of the file");
    }
    entry.offset += begin;
  }
  std::vector<const WeightEntry*> sorted;
  sorted.reserve(entries.size());
  for (const WeightEntry& entry : entries) sorted.push_back(&entry);
  std::ranges::sort(sorted, {}, [](const WeightEntry* entry) { return entry->offset; });
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->offset < sorted[i - 1]->offset + sorted[i - 1]->bytes) {
      reader.fail(sorted[i]->offset, "tensors " + sorted[i - 1]->name + " and " + sorted[i]->name + " share bytes");
    }
  }
}

uint32_t read_alignment(ByteReader& reader, const GgufMetadata& metadata) {
  const auto alignment = metadata.get_u32("general.alignment").value_or(default_alignment);
  if (!std::has_single_bit(alignment) || alignment > 1u << 20) {
    reader.fail(metadata.values().find("general.alignment")->second.offset,
                "general.alignment is " + std::to_string(alignment) + ", which is no power of two up to 1 MiB");
  }
  return alignment;
}

[[noreturn]] void wrong_set(const std::string& path, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, gguf_action, path, why, "copy or download all files of the set again");
}

fs::path shard_path(const fs::path& path, const std::string& stem, int64_t number, const std::string& count) {
  std::string digits = std::to_string(number);
  digits.insert(0, 5 - digits.size(), '0');
  return path.parent_path() / (stem + "-" + digits + "-of-" + count + ".gguf");
}

}  // namespace

GgufMetadata GgufFile::add_file(std::shared_ptr<const MappedFile> file) {
  const std::string& path = file->path();
  ByteReader reader(file->bytes(), path, gguf_action);
  const uint32_t version = read_header(reader, path);
  const uint64_t tensors_at = reader.offset();
  const auto tensors = reader.read<uint64_t>("the number of tensors");
  const uint64_t pairs_at = reader.offset();
  const auto pairs = reader.read<uint64_t>("the number of metadata pairs");
  reader.check_count(pairs, 8 + 1 + 4 + 1, pairs_at, "the number of metadata pairs");
  reader.check_count(tensors, 8 + 1 + 4 + 4 + 8, tensors_at, "the number of tensors");
  GgufMetadata metadata = GgufMetadata::read(reader, pairs, file);
  const uint32_t alignment = read_alignment(reader, metadata);

  std::vector<WeightEntry> entries;
  for (uint64_t i = 0; i < tensors; ++i) entries.push_back(read_tensor(reader));
  place_tensors(reader, entries, alignment);
  for (WeightEntry& entry : entries) {
    entry.file = files_.size();
    std::string name = entry.name;
    if (!add(std::move(entry))) reader.fail(reader.offset(), "tensor " + name + " appears twice");
  }
  if (files_.empty()) version_ = version;
  files_.push_back(std::move(file));
  return metadata;
}

std::shared_ptr<const GgufFile> GgufFile::parse(std::shared_ptr<const MappedFile> file) {
  std::shared_ptr<GgufFile> gguf(new GgufFile(file->path()));
  gguf->metadata_ = gguf->add_file(std::move(file));
  return gguf;
}

std::shared_ptr<const GgufFile> GgufFile::open(const fs::path& path) {
  const std::optional<ShardName> shard = shard_name_of(path.filename().string());
  const fs::path first = shard ? shard_path(path, shard->stem, 1, shard->count) : path;
  std::shared_ptr<GgufFile> gguf(new GgufFile(first.string()));
  gguf->metadata_ = gguf->add_file(MappedFile::open(first));

  const int64_t count = gguf->metadata_.get_i64("split.count").value_or(1);
  if (count < 1 || count > max_shards) wrong_set(first.string(), "split.count is " + std::to_string(count));
  if (count == 1) return gguf;
  if (!shard)
    wrong_set(first.string(),
              "it is one of " + std::to_string(count) + " files, but is not named NAME-00001-of-000NN.gguf");
  if (std::stoll(shard->count) != count)
    wrong_set(first.string(), "split.count is " + std::to_string(count) + ", its name says " + shard->count);
  for (int64_t number = 1; number <= count; ++number) {
    const fs::path part = shard_path(path, shard->stem, number, shard->count);
    if (number > 1 && !fs::exists(part)) {
      throw Error(ErrorCategory::not_found, gguf_action, part.string(),
                  "this file of the set of " + std::to_string(count) + " is missing",
                  "copy or download it beside the others");
    }
    const GgufMetadata metadata = number == 1 ? gguf->metadata_ : gguf->add_file(MappedFile::open(part));
    if (metadata.get_i64("split.no") != number - 1 || metadata.get_i64("split.count") != count) {
      wrong_set(part.string(), "split.no or split.count does not fit its place in the set");
    }
  }
  const auto tensors = gguf->metadata_.get_i64("split.tensors.count");
  if (tensors && !std::cmp_equal(*tensors, gguf->entries().size())) {
    wrong_set(first.string(), "the set holds " + std::to_string(gguf->entries().size()) +
                                  " tensors, split.tensors.count says " + std::to_string(*tensors));
  }
  return gguf;
}

std::string GgufFile::architecture() const {
  return std::string(metadata_.get_string("general.architecture").value_or(""));
}

}  // namespace diptych
