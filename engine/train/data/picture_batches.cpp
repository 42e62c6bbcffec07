#include "engine/train/data/picture_batches.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <numeric>

#include "engine/core/error.h"
#include "engine/train/data/captions.h"

namespace diptych::train {

PictureBatches::PictureBatches(std::span<const TrainingPicture> pictures, const Recipe& recipe, bool drawing)
    : pictures_(pictures),
      options_(recipe.image),
      prior_weight_(recipe.loss.prior_preservation),
      seed_(recipe.seed),
      batch_(recipe.batch),
      drawing_(drawing) {
  for (size_t i = 0; i < pictures.size(); ++i) {
    const PictureItem& item = pictures[i].item;
    auto& entries = item.regularization ? regularization_ : learnt_;
    entries.insert(entries.end(), static_cast<size_t>(item.repeats), static_cast<int64_t>(i));
  }
  assert(!learnt_.empty());
  const auto all = 2 * std::ssize(learnt_);
  if (all > EntryDraws::most_entries) {
    throw Error(ErrorCategory::invalid_argument, "cannot train", "the pictures",
                "an epoch would show " + std::to_string(all) + " of them", "give them fewer repeats");
  }
}

int64_t PictureBatches::picture_of(int64_t entry, int64_t epoch) const {
  const int64_t learnt = std::ssize(learnt_);
  if (entry < learnt) return learnt_[static_cast<size_t>(entry)];
  const int64_t turn = (epoch * learnt + entry - learnt) % std::ssize(regularization_);
  return regularization_[static_cast<size_t>(turn)];
}

DrawnPicture PictureBatches::drawn(int64_t entry, int64_t epoch) const {
  const EntryDraws draws(seed_, epoch, entry);
  DrawnPicture result;
  result.picture = picture_of(entry, epoch);
  const TrainingPicture& picture = pictures_[static_cast<size_t>(result.picture)];
  if (picture.item.regularization) result.weight = prior_weight_;
  if (!drawing_) {
    result.caption = plain_caption(picture.item.caption, options_);
    result.placement = place(picture.size, picture.bucket, false);
    return result;
  }
  result.caption = drawn_caption(picture.item.caption, options_, draws);
  const bool flipped = options_.flip && draws.uniform("flip") < 0.5;
  result.placement = options_.random_crop ? place(picture.size, picture.bucket, flipped, draws.uniform("crop", 0),
                                                  draws.uniform("crop", 1))
                                          : place(picture.size, picture.bucket, flipped);
  return result;
}

PictureBatches::Plan PictureBatches::plan(int64_t epoch) const {
  const int64_t entries = std::ssize(learnt_) * (regularization_.empty() ? 1 : 2);
  std::map<PictureSize, std::vector<int64_t>> waiting;
  Plan batches;
  for (const int64_t entry : DataOrder(seed_, entries, drawing_).epoch(epoch)) {
    const PictureSize bucket = pictures_[static_cast<size_t>(picture_of(entry, epoch))].bucket;
    auto& same_size = waiting[bucket];
    same_size.push_back(entry);
    if (std::ssize(same_size) < batch_) continue;
    batches.push_back({bucket, std::move(same_size)});
    same_size.clear();
  }
  for (auto& [bucket, rest] : waiting)
    if (!rest.empty()) batches.push_back({bucket, std::move(rest)});
  if (!drawing_) return batches;
  // What was left over must not always come last.
  std::vector<int64_t> order(batches.size());
  std::iota(order.begin(), order.end(), 0);
  shuffle_for_epoch(order, seed_, "picture batches", epoch);
  Plan shuffled;
  for (const int64_t index : order) shuffled.push_back(std::move(batches[static_cast<size_t>(index)]));
  return shuffled;
}

void PictureBatches::enter(int64_t epoch) {
  if (planned_epoch_ == epoch) return;
  plan_ = plan(epoch);
  planned_epoch_ = epoch;
}

PictureBatch PictureBatches::next() {
  enter(position_.epoch);
  const PlannedBatch& planned = plan_[static_cast<size_t>(position_.batch)];
  PictureBatch batch;
  batch.size = planned.size;
  for (const int64_t entry : planned.entries) batch.pictures.push_back(drawn(entry, position_.epoch));
  if (++position_.batch == std::ssize(plan_)) position_ = {position_.epoch + 1, 0};
  return batch;
}

void PictureBatches::seek(DataPosition position) {
  const bool possible = position.epoch >= 0 && position.batch >= 0;
  if (possible) enter(position.epoch);
  if (!possible || position.batch >= std::ssize(plan_)) refuse_position(position);
  position_ = position;
}

int64_t PictureBatches::batches_in(int64_t epoch) const {
  return epoch == planned_epoch_ ? std::ssize(plan_) : std::ssize(plan(epoch));
}

int64_t PictureBatches::batches_of(double epochs) const {
  return batches_of_epochs(epochs, [&](int64_t epoch) { return batches_in(epoch); });
}

}  // namespace diptych::train
