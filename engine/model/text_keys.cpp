#include "engine/model/text_keys.h"

namespace diptych {

TextKeys::Pair TextKeys::of(Context& ctx, TextKeys* kept, const void* attention, const std::function<Pair()>& compute) {
  if (kept == nullptr || ctx.arithmetic == Arithmetic::f32 || ctx.tape != nullptr) return compute();
  const auto made = kept->made_.find(attention);
  if (made != kept->made_.end()) return made->second;
  // Kept only once it is there: an error on the way, or a cancellation, leaves nothing behind.
  return kept->made_.emplace(attention, compute()).first->second;
}

}  // namespace diptych
