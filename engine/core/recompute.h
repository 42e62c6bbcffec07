// Parts of a forward that are computed again on the way back, in place of keeping their inner results (Chen et al.
// 2016, "Training deep nets with sublinear memory cost").
#pragma once

#include <functional>

#include "engine/core/context.h"

namespace diptych {

// part(ctx, x). Where the context has a tape that recomputes, only x and the result are kept, and the part is called
// once more on the way back: what it refers to must live until then.
Tensor recomputed(Context& ctx, const Tensor& x, const std::function<Tensor(Context& ctx, const Tensor& x)>& part);

}  // namespace diptych
