// Ctrl+C: the first one asks the running command to stop in order, a second one ends the process.
#pragma once

#include "engine/core/cancel.h"

namespace diptych::cli {

CancelToken cancel_on_interrupt();

}  // namespace diptych::cli
