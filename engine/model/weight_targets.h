// The weights of a loaded component that adapters may change, by name: the loader notes them where it is given a list
// (LoadOptions::targets).
//
// Names are those of the model's file, so that what an adapter calls a layer is looked up and never guessed. Dots of a
// name may be written as underscores, as kohya's files do. Models add the other names that their layers go by: of a
// checkpoint's original layout (whose fused layers stand for several of ours), or of Hugging Face where the file is
// GGUF.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/formats/weights.h"
#include "engine/model/row_order.h"
#include "engine/ops/adapter.h"

namespace diptych {

// A weight as the model computes with it: a matrix (or convolution) of some of the file's rows, or a vector, as which
// small tables count, too.
struct WeightTarget {
  std::string name;                         // in the file, ".weight" or ".bias" included
  std::shared_ptr<const WeightFile> file;   // the original values
  int64_t first_row = 0, rows = 0;          // of the file's
  int64_t cols = 1;                         // values of a row
  std::optional<ConvShape> kernel = {};     // of a convolution
  Weight weight = {};                       // a matrix: shares its memory with the model's, as do the others
  Tensor bias = {};                         // f32 [rows], or empty
  std::shared_ptr<BlockAdapter> adapter{};  // what is added on the fly
  Tensor values = {};                       // a vector: f32 [rows] …
  float offset = 0;                         // … and what the model adds to the stored values
  bool rewritten = false;                   // the memory holds other values than the file

  bool is_vector() const { return static_cast<bool>(values); }
  int64_t rows_of_all() const;  // rows that the file has
};

// A matrix that rows are looked up in, and that may be the output layer's as well: trained, but not changed by
// adapters.
struct WeightTable {
  std::string name;  // in the file
  Weight weight;     // shares its memory with the model's
};

// A layer's place in a name that stands for several, one below the other.
struct LayerPart {
  std::string layer;      // as the model's file has it, without ".weight"
  int64_t first_row = 0;  // of the named layer's rows
  int64_t rows = 0;       // all that this layer has
  RowOrder order = {};    // of those
};

class WeightTargets {
 public:
  void add(WeightTarget target);
  void add_table(WeightTable table) { tables_.push_back(std::move(table)); }
  // `name`, without ".weight", stands for these layers.
  void add_name(const std::string& name, const std::vector<std::string>& layers, const RowOrder& order = {});

  // Every layer "<layers>.x" that is known so far is also "<name>.x".
  void add_names_below(const std::string& name, const std::string& layers);

  // What a layer's name stands for; empty: nothing that adapters can change. `underscored`: dots are underscores.
  std::vector<LayerPart> find(const std::string& name, bool underscored) const;

  // All names that stand for this one layer, its own in the file first.
  std::vector<std::string> names_of(const std::string& layer) const;
  // How its rows stand under its other names: see RowOrder.
  int64_t pair_heads_of(const std::string& layer) const;

  // Of a weight's name in the file; a file's weight may be computed with in several places.
  std::vector<WeightTarget*> of(const std::string& weight);
  const WeightTarget* first_of(const std::string& weight) const;
  std::vector<std::unique_ptr<WeightTarget>>& all() { return targets_; }
  const std::vector<std::unique_ptr<WeightTarget>>& all() const { return targets_; }
  const std::vector<WeightTable>& tables() const { return tables_; }

 private:
  struct Name {
    std::vector<std::string> layers;
    RowOrder order = {};
  };
  const Name* look_up(const std::string& name, bool underscored) const;
  void add_layer(const std::string& name, Name value);

  std::vector<std::unique_ptr<WeightTarget>> targets_;
  std::vector<WeightTable> tables_;
  std::multimap<std::string, size_t, std::less<>> by_weight_;
  std::map<std::string, Name, std::less<>> names_, underscored_;
};

std::string with_underscores(std::string name);  // "a.0.b" -> "a_0_b"

}  // namespace diptych
