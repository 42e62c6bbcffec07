// Pictures to batches of one size, epoch after epoch, with all that is drawn for them; resumable at any batch.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/train/data/data_order.h"
#include "engine/train/data/picture_dataset.h"

namespace diptych::train {

struct DrawnPicture {
  int64_t picture = 0;  // index into the data
  std::string caption;
  Placement placement;
  double weight = 1;  // of its loss: what prior preservation says of regularization pictures
};

struct PictureBatch {
  PictureSize size;
  std::vector<DrawnPicture> pictures;
};

// An epoch shows each picture as often as its repeats say, and as many regularization pictures as others: those take
// turns over the epochs where there are more of them, and repeat where there are fewer. Batches are of one bucket; the
// last of a bucket may be smaller.
class PictureBatches {
 public:
  // `pictures` must outlive this and not change. `drawing`: order, flips, crops and captions; for validation without.
  PictureBatches(std::span<const TrainingPicture> pictures, const Recipe& recipe, bool drawing = true);

  PictureBatch next();
  DataPosition position() const { return position_; }
  void seek(DataPosition position);  // as TextBatches has it

  int64_t batches_in(int64_t epoch) const;
  int64_t batches_of(double epochs) const;

 private:
  struct PlannedBatch {
    PictureSize size;
    std::vector<int64_t> entries;
  };
  using Plan = std::vector<PlannedBatch>;

  int64_t picture_of(int64_t entry, int64_t epoch) const;
  DrawnPicture drawn(int64_t entry, int64_t epoch) const;
  Plan plan(int64_t epoch) const;
  void enter(int64_t epoch);

  std::span<const TrainingPicture> pictures_;
  ImageOptions options_;
  double prior_weight_;
  uint64_t seed_;
  int64_t batch_;
  bool drawing_;
  std::vector<int64_t> learnt_, regularization_;  // pictures, each as often as it repeats
  DataPosition position_;
  int64_t planned_epoch_ = -1;
  Plan plan_;
};

}  // namespace diptych::train
