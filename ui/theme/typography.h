// The type scale, and figures that do not dance: every digit takes the width of the widest one.
#pragma once

#include <QFont>
#include <QRectF>
#include <QString>

class QPainter;

namespace diptych::ui {

enum class TextSize { caption = 11, body = 13, reading = 15, title = 20, display = 28 };  // px

QFont text_font(TextSize size, QFont::Weight weight = QFont::Normal);
QFont monospace(TextSize size);  // for code and seeds

// Qt 6.4 cannot ask a font for its tabular figures, therefore numbers are drawn digit by digit.
qreal tabular_width(const QFont& font, const QString& text);
void draw_tabular(QPainter& painter, QPointF baseline, const QString& text);

}  // namespace diptych::ui
