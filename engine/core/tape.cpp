#include "engine/core/tape.h"

#include <algorithm>
#include <utility>

namespace diptych {
namespace {

// With the size of what is made: a storage may be larger than what lies in it.
struct SizedMaker {
  Kept::Maker make;
  int64_t bytes;

  Tensor operator()(Context& ctx) const { return make(ctx); }
};

}  // namespace

Place::Place(const Tensor& tensor) {
  if (!tensor) return;
  storage = tensor.storage()->id();
  storage_bytes = tensor.storage()->bytes();
  layout = tensor.layout();
}

void Tape::watch(const Tensor& leaf, const Tensor& gradient) {
  assert(leaf && gradient.dtype() == DType::f32 && gradient.contiguous());
  leaves_[leaf.storage()->id()] = {leaf.layout(), gradient};
}

bool Tape::tracks(const Place& place) const {
  if (!place) return false;
  return leaves_.contains(place.storage) || gradients_.contains(place.storage) ||
         (outer_ != nullptr && outer_->tracks(place));
}

void Tape::record(const std::vector<Tensor>& outputs, Backward backward) {
  touched_ = true;
  Node node{{}, std::move(backward)};
  for (const Tensor& output : outputs) {
    node.outputs.push_back(output.storage()->id());
    gradients_.try_emplace(output.storage()->id());
  }
  if (!probes_) nodes_.push_back(std::move(node));
}

void Tape::can_remake(const Tensor& output, Kept::Maker maker) {
  if (remakes && !probes_) makers_[output.storage()->id()] = SizedMaker{std::move(maker), output.bytes()};
}

Kept Tape::keep(const Tensor& x) const {
  if (!x) return {};
  const auto found = makers_.find(x.storage()->id());
  if (found == makers_.end() || !x.contiguous()) return Kept(x);
  const bool whole = x.bytes() == found->second.target<SizedMaker>()->bytes;
  return whole ? Kept(found->second, x.shape()) : Kept(x);
}

void Tape::backward(Context& ctx, const Tensor& output, Tensor gradient) {
  std::vector<Tensor> gradients;
  gradients.push_back(std::move(gradient));
  backward(ctx, {&output, 1}, std::move(gradients));
}

void Tape::backward(Context& ctx, std::span<const Tensor> outputs, std::vector<Tensor> gradients) {
  assert(outputs.size() == gradients.size());
  struct Clear {
    Tape& tape;
    Context& ctx;
    Tape* before = std::exchange(ctx.tape, nullptr);
    ~Clear() {
      ctx.tape = before;
      tape.nodes_.clear();
      tape.gradients_.clear();
      tape.makers_.clear();
    }
  };
  const Clear clear{*this, ctx};
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor &output = outputs[i], &gradient = gradients[i];
    assert(tracks(output) && gradient.shape() == output.shape() && gradient.contiguous());
    assert(gradient.storage()->bytes() == output.storage()->bytes());
    gradients_[output.storage()->id()] = gradient.storage();
  }
  gradients.clear();  // each is released as soon as it was used
  while (!nodes_.empty()) {
    const Node node = std::move(nodes_.back());
    nodes_.pop_back();
    ctx.cancel.throw_if_cancelled();
    node.backward(ctx, *this);
    for (const uint64_t done : node.outputs) {
      gradients_.erase(done);
      makers_.erase(done);
    }
  }
}

Tensor Tape::gradient_of(const Place& output) const {
  const auto found = gradients_.find(output.storage);
  return found == gradients_.end() || !found->second ? Tensor() : Tensor(found->second, output.layout);
}

Tensor Tape::add_to(Context& ctx, const Place& input) {
  if (!input) return {};
  if (const auto found = leaves_.find(input.storage); found != leaves_.end()) {
    const auto& [layout, gradient] = found->second;
    if (layout.dtype != DType::f32) return gradient;  // a packed weight
    Layout view = input.layout;
    view.offset_bytes += gradient.layout().offset_bytes - layout.offset_bytes;
    return {gradient.storage(), view};
  }
  const auto found = gradients_.find(input.storage);
  if (found == gradients_.end()) return outer_ == nullptr ? Tensor() : outer_->add_to(ctx, input);
  if (!found->second) {
    found->second = std::make_shared<Storage>(ctx.arena(), input.storage_bytes, Owner::gradients);
    if (std::byte* data = found->second->data(); data != nullptr) {
      const int64_t bytes = found->second->bytes();
      ctx.pool().parallel_for(bytes, int64_t{1} << 18,
                              [&](int64_t begin, int64_t end) { std::fill(data + begin, data + end, std::byte{0}); });
    }
  }
  return {found->second, input.layout};
}

}  // namespace diptych
