#include "engine/core/cancel.h"

#include "engine/core/error.h"

namespace diptych {

void CancelToken::throw_if_cancelled() const {
  if (cancelled()) throw Error(ErrorCategory::cancelled, "stopped", "", "cancelled by the user", "");
}

}  // namespace diptych
