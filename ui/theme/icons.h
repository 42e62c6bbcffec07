// The icon set of resources/icons: 24 px line drawings in the palette's colour, crisp at any scale.
#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

namespace diptych::ui {

// `name` is a file of resources/icons without its ending. The icon follows the theme: quiet, and in the text's colour
// under the pointer, when checked or selected.
QIcon icon(const QString& name);
QPixmap icon_pixmap(const QString& name, int size, const QColor& color, qreal device_pixel_ratio);

}  // namespace diptych::ui
