// A weight file under other names: how checkpoints in a network's original layout are read by code that knows
// diffusers' names. Rows of a weight may get a name of their own (q, k and v of a fused matrix).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/io/formats/weights.h"
#include "engine/model/weight_loader.h"

namespace diptych::models {

struct RenamedWeight {
  std::string name;                 // that it is asked for by
  std::string source;               // in the file
  int64_t part = 0, parts = 1;      // of its rows: the part-th of `parts` equal ones
  int64_t first_row = 0, rows = 0;  // or these rows; rows 0: as `part` says
  Shape dims = {};                  // in place of the file's, of as many values; rank 0: those
  bool transposed = false;          // the file has columns where rows are asked for: the one form that is copied
};

class RenamedWeights final : public WeightFile {
 public:
  // Sources that the file does not have give no name. Error (invalid_file): rows that a weight does not have, a
  // transposed one that is no matrix of plain numbers.
  RenamedWeights(std::shared_ptr<const WeightFile> file, const std::vector<RenamedWeight>& names);

 private:
  void transpose(const RenamedWeight& renamed, const WeightEntry& source);

  std::shared_ptr<const WeightFile> file_;  // holds what entries refer to
};

// Collects names, with ".weight" and ".bias" of a layer at once.
class RenamedLayers {
 public:
  explicit RenamedLayers(std::string prefix) : prefix_(std::move(prefix)) {}

  void weight(const std::string& name, const std::string& source) { names_.push_back({name, prefix_ + source}); }
  void layer(const std::string& name, const std::string& source) { split({name}, source); }
  // Equal parts of the rows, in their order.
  void split(const std::vector<std::string>& names, const std::string& source);
  void rows(const std::string& name, const std::string& source, int64_t first_row, int64_t count);
  // Every weight of the file whose name begins with `source` begins with `name` instead.
  void tree(const WeightFile& file, const std::string& name, const std::string& source);
  void add(RenamedWeight renamed) {
    renamed.source = prefix_ + renamed.source;
    names_.push_back(std::move(renamed));
  }

  const std::vector<RenamedWeight>& names() const { return names_; }

 private:
  std::string prefix_;
  std::vector<RenamedWeight> names_;
};

// Tells the loader by which names adapters that were made for the original layout call the layers. Of a shift above a
// scale a folder has one layer, the scale above the shift (modulation.h). `prefix`: of the sources, left out.
void name_originals(WeightLoader& weights, const std::vector<RenamedWeight>& names, const std::string& prefix = {});

// "model.diffusion_model." where the file's names begin with it (checkpoints that hold a whole pipeline), else "".
std::string checkpoint_prefix(const WeightFile& file, const std::string& some_name);

// An extent that tells a size; an axis below 0 counts from the end. Error (invalid_file): the weight is missing, of a
// lower rank, or no model's.
int64_t stored_extent(const WeightFile& file, const std::string& name, int axis);

// Whether any weight's name begins so.
bool has_weights_of(const WeightFile& file, const std::string& prefix);

// How many of "<prefix>0<suffix>", "<prefix>1<suffix>", … the file has.
int64_t count_layers(const WeightFile& file, const std::string& prefix, const std::string& suffix);

}  // namespace diptych::models
