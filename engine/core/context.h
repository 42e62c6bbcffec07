// Context: what a forward runs with. Passed explicitly to every op; there are no globals.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

#include "engine/core/arena.h"
#include "engine/core/cancel.h"
#include "engine/core/cost.h"
#include "engine/core/device.h"
#include "engine/core/parallel.h"
#include "engine/core/tensor.h"

namespace diptych {

class Tape;          // tape.h: records ops for the backward pass
class Communicator;  // engine/parallel: collectives between devices

// Sees each op as it is declared, before its kernel runs; for profilers and tests.
class Tracer {
 public:
  virtual ~Tracer() = default;
  virtual void op(std::string_view name, const Cost& cost) = 0;
};

// `f32`: what is reduced for speed (activations of quantized products) is left out, for a step that came to no numbers.
enum class Arithmetic { usual, f32 };

class Context {
 public:
  // threads: 0 takes every core that this process may use.
  explicit Context(Device device, int threads = 0, int64_t memory_limit_bytes = 0);
  Context(std::shared_ptr<Arena> arena, std::shared_ptr<ThreadPool> pool);  // the device is the arena's

  Device device() const { return arena_->device(); }
  bool is_meta() const { return device().kind == DeviceKind::meta; }
  const std::shared_ptr<Arena>& arena() const { return arena_; }
  ThreadPool& pool() const { return *pool_; }

  // An uninitialised tensor for an op's result.
  Tensor output(const Shape& shape, DType dtype = DType::f32, Owner owner = Owner::activations);

  // Every op declares itself: cost is summed, the tracer told, cancellation checked.
  //
  // Of an op that depends on no tensor, or has no backward: under a tape it is an Error (unsupported) that names it
  // where one of its inputs carries a gradient, which is never silently lost. Empty tensors are none.
  void declare(std::string_view op, const Cost& cost, std::initializer_list<const Tensor*> inputs = {});
  // Of an op with a backward: true where it is to be recorded, as one of its inputs carries a gradient.
  bool declare_differentiable(std::string_view op, const Cost& cost, std::initializer_list<const Tensor*> inputs);

  const Cost& cost() const { return cost_; }  // of everything declared since the context was made

  Arithmetic arithmetic = Arithmetic::usual;
  // Where the rows of what ops are given are tokens of this many samples, one sample's after the other's and equally
  // many of each, so that tokens of one sample may be computed together; 0: nothing is known. See SamplesScope.
  int64_t samples = 0;
  CancelToken cancel;
  Tracer* tracer = nullptr;
  Tape* tape = nullptr;
  Communicator* communicator = nullptr;

 private:
  std::shared_ptr<Arena> arena_;
  std::shared_ptr<ThreadPool> pool_;
  Cost cost_;
};

// Says while it lives how many samples' tokens ops are given.
class SamplesScope {
 public:
  SamplesScope(Context& ctx, int64_t samples) : ctx_(ctx), before_(ctx.samples) { ctx.samples = samples; }
  ~SamplesScope() { ctx_.samples = before_; }
  SamplesScope(const SamplesScope&) = delete;
  SamplesScope& operator=(const SamplesScope&) = delete;

 private:
  Context& ctx_;
  int64_t before_;
};

}  // namespace diptych
