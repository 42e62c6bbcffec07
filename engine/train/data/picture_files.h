// Pictures and their captions in a user's folders.
//
// Understood: captions in .txt or .caption files beside, metadata.jsonl (file_name, text) as Hugging Face's image
// folders have it, kohya's folders "30_name" (30 repeats in an epoch, `name` where there is no caption), masks as
// NAME_mask.png beside or under the same name in a folder of masks.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/train/data/text_record.h"

namespace diptych::train {

struct PictureItem {
  std::filesystem::path file, mask;  // mask: empty where there is none
  std::string caption;               // with caption_lines: several, one a line
  int64_t repeats = 1;
  bool regularization = false;
};

struct PictureFiles {
  std::vector<PictureItem> items;  // by name
  std::vector<Rejected> rejected;
  std::map<std::string, int64_t> notes;
};

// Error: not_found, where `path` is no folder; nothing is decoded yet.
void read_picture_source(const std::filesystem::path& path, const DataSource& source,
                         const std::filesystem::path& masks, PictureFiles& files);

// All sources, relative to `folder`.
PictureFiles read_picture_sources(std::span<const DataSource> sources, const std::filesystem::path& folder);

}  // namespace diptych::train
