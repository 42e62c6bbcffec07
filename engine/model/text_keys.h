// Keys and values that cross attentions make of the text: the same at every step of a run, so the first step leaves
// them for the others.
#pragma once

#include <functional>
#include <unordered_map>

#include "engine/core/context.h"

namespace diptych {

class TextKeys {
 public:
  struct Pair {
    Tensor keys, values;
  };

  // What `compute` makes, or what it made before for this attention, which the address tells from the network's others.
  // `kept` is of one text; null: nothing is kept. Nor is it in a step that is redone in f32, or under a tape.
  static Pair of(Context& ctx, TextKeys* kept, const void* attention, const std::function<Pair()>& compute);

  // The same of what all attentions read: the text, projected by a layer of its own.
  static Tensor projected(Context& ctx, TextKeys* kept, const void* layer, const std::function<Tensor()>& compute) {
    return of(ctx, kept, layer, [&] { return Pair{compute(), {}}; }).keys;
  }

 private:
  std::unordered_map<const void*, Pair> made_;
};

}  // namespace diptych
