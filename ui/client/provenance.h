// How the host says that a number is known, as the gauges' marks.
#pragma once

#include "engine/api/telemetry.h"
#include "ui/widgets/gauge_reading.h"

namespace diptych::ui {

Provenance provenance_of(api::Known known);
QString known_mark(api::Known known);  // ● ◐ ○

}  // namespace diptych::ui
