#include "engine/train/data/picture_dataset.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/files/mapped_file.h"
#include "engine/io/files/sha256.h"
#include "engine/train/data/picture_checks.h"

namespace diptych::train {
namespace {

std::string sha256_of(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

// Empty, or why the picture cannot be used.
std::string look_at(TrainingPicture& picture, const Buckets& buckets) {
  try {
    const auto file = MappedFile::open(picture.item.file);
    const ImageFile read = parse_image(file->bytes(), picture.item.file.string());
    picture.sha256 = sha256_of(file->bytes());
    picture.size = {read.image.width, read.image.height};
    picture.look = difference_hash(read.image);
    picture.sharpness = sharpness(read.image);
  } catch (const Error& error) {
    return error.why();
  }
  if (!picture.item.mask.empty()) {
    try {
      const auto file = MappedFile::open(picture.item.mask);
      parse_image(file->bytes(), picture.item.mask.string());
      picture.mask_sha256 = sha256_of(file->bytes());
    } catch (const Error& error) {
      return "its mask cannot be read: " + error.why();
    }
  }
  const auto bucket = buckets.bucket_of(picture.size);
  if (!bucket) return "it is smaller than one step of the buckets";
  picture.bucket = *bucket;
  return {};
}

void warn(PictureDataset& dataset) {
  std::vector<uint64_t> looks;
  for (const TrainingPicture& picture : dataset.pictures) looks.push_back(picture.look);
  for (const auto& [first, again] : near_duplicates(looks)) {
    const TrainingPicture& one = dataset.pictures[static_cast<size_t>(first)];
    const TrainingPicture& other = dataset.pictures[static_cast<size_t>(again)];
    const char* how = one.sha256 == other.sha256 ? "it is the same file as " : "it looks like ";
    dataset.warnings.push_back({other.item.file.string(), how + one.item.file.string()});
  }
  for (const TrainingPicture& picture : dataset.pictures) {
    const std::string file = picture.item.file.string();
    if (picture.sharpness < blurred_below) {
      char text[80];
      std::snprintf(text, sizeof(text), "it may be out of focus (sharpness %.0f, below %.0f)", picture.sharpness,
                    blurred_below);
      dataset.warnings.push_back({file, text});
    }
    if (picture.size.width < picture.bucket.width || picture.size.height < picture.bucket.height)
      dataset.warnings.push_back({file, "it is enlarged from " + std::to_string(picture.size.width) + "x" +
                                            std::to_string(picture.size.height) + " to cover " +
                                            std::to_string(picture.bucket.width) + "x" +
                                            std::to_string(picture.bucket.height)});
  }
}

bool picture_held_out(const TrainingPicture& picture, double fraction) {
  const uint64_t leading = std::stoull(picture.sha256.substr(0, 13), nullptr, 16);  // 52 bits
  return !picture.item.regularization && static_cast<double>(leading) * 0x1p-52 < fraction;
}

[[noreturn]] void no_pictures(const std::string& thing, const PictureDataset& dataset) {
  std::string why = "there is no picture in it that can be used";
  if (!dataset.rejected.empty()) {
    const Rejected& first = dataset.rejected.front();
    why += "; the first that cannot is " + first.origin.file + ": " + first.reason;
  }
  throw Error(ErrorCategory::invalid_argument, "cannot train", thing, why, "add pictures, or correct these");
}

}  // namespace

PictureDataset read_pictures(PictureFiles files, const ImageOptions& options, ThreadPool& pool) {
  PictureDataset dataset;
  dataset.rejected = std::move(files.rejected);
  dataset.notes = std::move(files.notes);
  std::vector<TrainingPicture> pictures(files.items.size());
  std::vector<std::string> problems(files.items.size());
  const Buckets buckets(options);
  const auto look = [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      pictures[i].item = std::move(files.items[i]);
      problems[i] = look_at(pictures[i], buckets);
    }
  };
  pool.parallel_for(std::ssize(pictures), 1, look);
  for (size_t i = 0; i < pictures.size(); ++i) {
    if (problems[i].empty()) {
      dataset.pictures.push_back(std::move(pictures[i]));
    } else {
      dataset.rejected.push_back({{pictures[i].item.file.string(), "the picture"}, std::move(problems[i])});
    }
  }
  warn(dataset);
  return dataset;
}

PictureData load_picture_data(const Recipe& recipe, ThreadPool& pool) {
  PictureData data;
  data.training = read_pictures(read_picture_sources(recipe.data, recipe.folder), recipe.image, pool);
  auto& pictures = data.training.pictures;
  if (!recipe.validation.path.empty()) {
    DataSource source = recipe.data.front();
    source.path = recipe.validation.path;
    source.repeats = 1;
    data.validation = read_pictures(read_picture_sources(std::span(&source, 1), recipe.folder), recipe.image, pool);
  } else if (recipe.validation.fraction > 0) {
    const auto held = std::stable_partition(pictures.begin(), pictures.end(), [&](const TrainingPicture& picture) {
      return !picture_held_out(picture, recipe.validation.fraction);
    });
    data.validation.pictures.assign(std::move_iterator(held), std::move_iterator(pictures.end()));
    pictures.erase(held, pictures.end());
  }
  const auto learnt = [](const TrainingPicture& picture) { return !picture.item.regularization; };
  if (std::ranges::none_of(pictures, learnt)) no_pictures(recipe.data.front().path, data.training);
  if (!recipe.validation.path.empty() && data.validation.pictures.empty())
    no_pictures(recipe.validation.path, data.validation);
  return data;
}

}  // namespace diptych::train
