#include "engine/model/text_keys.h"

namespace diptych {

TextKeys::Pair TextKeys::of(Context& ctx, TextKeys* kept, const void* attention, const std::function<Pair()>& compute) {
  if (kept == nullptr || ctx.arithmetic == Arithmetic::f32 || ctx.tape != nullptr) return compute();
  const auto [place, is_new] = kept->made_.try_emplace(attention);
  if (is_new) place->second = compute();
  return place->second;
}

}  // namespace diptych
