// Ctrl+C: the first one asks the running command to stop in order, a second one ends the process.
#pragma once

#include "engine/core/cancel.h"

namespace diptych::cli {

CancelToken cancel_on_interrupt();
// For the next of several things to do: a token that was not raised yet.
CancelToken fresh_interrupt();

}  // namespace diptych::cli
