// Tape: what a forward did, so that gradients can be taken back through it (reverse accumulation: Linnainmaa 1970;
// Baydin et al. 2018, section 3.2).
//
// A gradient is kept for a storage and lies in it as the values lie in theirs. A view's gradient is therefore the same
// view of the gradient, and views need no backward of their own. Gradients are added up: an op adds to those of its
// inputs whatever others have added.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/context.h"
#include "engine/core/tensor.h"

namespace diptych {

// Where a tensor lies, without keeping its values alive.
struct Place {
  uint64_t storage = 0;  // 0: nowhere
  int64_t storage_bytes = 0;
  Layout layout = {};

  Place() = default;
  Place(const Tensor& tensor);  // NOLINT: implicit by design, a tensor has one place
  explicit operator bool() const { return storage != 0; }
};

// Something that a way back needs of the way there: the values, or how to make them again.
class Kept {
 public:
  using Maker = std::function<Tensor(Context& ctx)>;

  Kept() = default;
  explicit Kept(Tensor values) : values_(std::move(values)) {}
  Kept(Maker maker, const Shape& shape) : maker_(std::move(maker)), shape_(shape) {}

  explicit operator bool() const { return values_ || maker_; }
  Tensor get(Context& ctx) const { return maker_ ? maker_(ctx).reshape(shape_) : values_; }

 private:
  Tensor values_;
  Maker maker_;
  Shape shape_;
};

class Tape {
 public:
  // What an op does on the way back. It holds the inputs that it needs and the places of the others.
  using Backward = std::function<void(Context& ctx, Tape& tape)>;

  Tape() = default;
  // Of a part of the forward that is done again during the backward of `outer`: gradients of what the part did not make
  // itself are the outer one's.
  explicit Tape(Tape& outer) : outer_(&outer) {}
  // Keeps nothing for a way back, and notes only whether there would be one: whether what `outer` tracks has a part in
  // it.
  static constexpr struct Probing {
  } probing = {};
  Tape(Tape& outer, Probing) : outer_(&outer), probes_(true) {}
  bool touched() const { return touched_; }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  // The gradient of `leaf` is wanted. It is added to `gradient`, f32: in the leaf's layout, or, of a packed weight, as
  // [rows, cols].
  void watch(const Tensor& leaf, const Tensor& gradient);
  bool tracks(const Place& place) const;

  // To be called by an op at its end. `outputs` are those that carry the gradient on, each of a storage of its own.
  void record(const std::vector<Tensor>& outputs, Backward backward);
  // The same of an op that changes the output of the one before it in place.
  void record_in_place(Backward backward) { record({}, std::move(backward)); }

  // Goes back from `output`, a storage of its own, whose gradient is `gradient`, of the same shape and used up by this.
  // What was recorded is released as it is used; the tape is empty then and can be used again, leaves stay. Error as
  // the ops; the tape is empty then, too.
  void backward(Context& ctx, const Tensor& output, Tensor gradient);
  // The same from several.
  void backward(Context& ctx, std::span<const Tensor> outputs, std::vector<Tensor> gradients);

  // For ops on the way back: what the gradient of an output came to, empty where nothing depends on it.
  Tensor gradient_of(const Place& output) const;
  // … and what the gradient of an input is to be added to: zeros at first. Empty where it is not tracked.
  Tensor add_to(Context& ctx, const Place& input);

  // Of an op that is cheap: its output, a storage of its own, can be made again so. Called behind record(); `maker`
  // holds what the op's way back holds anyway. Without `remakes` it does nothing.
  void can_remake(const Tensor& output, Kept::Maker maker);
  // What a way back is to hold of an input: nothing but the way to it, where it can be made again.
  Kept keep(const Tensor& x) const;

  // What is cheap (norms, activations) is made again where the way back of other ops needs it, in place of being kept:
  // selective recomputation (Korthikanti et al. 2022, section 5).
  bool remakes = false;
  // Layers are done again on the way back, in place of keeping what they computed (recompute.h).
  bool recompute = false;

 private:
  struct Node {
    std::vector<uint64_t> outputs;
    Backward backward;
  };

  Tape* outer_ = nullptr;
  bool probes_ = false, touched_ = false;
  struct Leaf {
    Layout layout;
    Tensor gradient;
  };
  std::unordered_map<uint64_t, Leaf> leaves_;
  std::vector<Node> nodes_;
  // Of every storage that carries a gradient: empty until the first is added.
  std::unordered_map<uint64_t, std::shared_ptr<Storage>> gradients_;
  std::unordered_map<uint64_t, Kept::Maker> makers_;  // by storage
};

}  // namespace diptych
