// WCAG 2.1 contrast between two opaque colours: 1 (equal) to 21 (black on white).
#pragma once

#include <QColor>

namespace diptych::ui {

double relative_luminance(const QColor& color);
double contrast_ratio(const QColor& a, const QColor& b);

}  // namespace diptych::ui
