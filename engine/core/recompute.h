// Parts of a forward that are computed again on the way back, in place of keeping their inner results (Chen et al.
// 2016, "Training deep nets with sublinear memory cost").
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

// part(ctx, x). Where the context has a tape that recomputes, only x and the result are kept, and the part is called
// once more on the way back: what it refers to must live until then. A part that nothing trained has to do with is
// computed once.
Tensor recomputed(Context& ctx, const Tensor& x, const std::function<Tensor(Context& ctx, const Tensor& x)>& part);

// The same of parts with several inputs and results; results may be empty.
using RecomputedPart = std::function<std::vector<Tensor>(Context& ctx, std::span<const Tensor> x)>;
std::vector<Tensor> recomputed(Context& ctx, std::vector<Tensor> x, const RecomputedPart& part);

}  // namespace diptych
