// A plot as one picture to show to others: every cell with what its axes say beside it, pages below each other.
#pragma once

#include <QHash>
#include <QImage>

#include "engine/api/image.h"

namespace diptych::create {

// `pictures` by the ids of the cells; what is missing stays an empty box. Cells are as large as the largest picture, or
// smaller where the whole would be too large. The plot itself is in the picture's texts, so that it can be restored.
QImage plot_sheet(const api::Plot& plot, const QHash<QString, QImage>& pictures);

}  // namespace diptych::create
