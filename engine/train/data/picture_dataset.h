// A recipe's pictures: read once, judged, and given their buckets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/core/parallel.h"
#include "engine/train/data/buckets.h"
#include "engine/train/data/picture_files.h"

namespace diptych::train {

struct TrainingPicture {
  PictureItem item;
  PictureSize size, bucket;
  std::string sha256;       // of the file
  std::string mask_sha256;  // empty: no mask
  uint64_t look = 0;        // difference_hash()
  double sharpness = 0;     // see picture_checks.h
};

struct PictureWarning {
  std::string file, why;  // "it looks like a/b.png"
};

struct PictureDataset {
  std::vector<TrainingPicture> pictures;
  std::vector<Rejected> rejected;
  std::vector<PictureWarning> warnings;  // near duplicates, blur, enlargement
  std::map<std::string, int64_t> notes;
};

// Decodes each file once. What cannot be read, or is too small for a bucket, is rejected with the reason.
PictureDataset read_pictures(PictureFiles files, const ImageOptions& options, ThreadPool& pool);

struct PictureData {
  PictureDataset training, validation;
};

// Regularization pictures are not held out. Error: invalid_argument where nothing is left to learn from, with the first
// reason; see read_picture_source().
PictureData load_picture_data(const Recipe& recipe, ThreadPool& pool);

}  // namespace diptych::train
