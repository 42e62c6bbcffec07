#include "ui/theme/typography.h"

#include <QFontDatabase>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QPainter>
#include <algorithm>

namespace diptych::ui {
namespace {

qreal digit_width(const QFontMetricsF& metrics) {
  qreal width = 0;
  for (char digit = '0'; digit <= '9'; ++digit) width = std::max(width, metrics.horizontalAdvance(QLatin1Char(digit)));
  return width;
}

bool is_digit(QChar character) {
  return character >= QLatin1Char('0') && character <= QLatin1Char('9');
}

// Calls visit(text, advance) for every digit and every run between digits.
template <typename Visit>
void for_each_run(const QFontMetricsF& metrics, const QString& text, Visit visit) {
  const qreal cell = digit_width(metrics);
  for (qsizetype start = 0; start < text.size();) {
    qsizetype end = start + 1;
    if (is_digit(text[start])) {
      visit(text.mid(start, 1), cell);
    } else {
      while (end < text.size() && !is_digit(text[end])) ++end;
      const QString run = text.mid(start, end - start);
      visit(run, metrics.horizontalAdvance(run));
    }
    start = end;
  }
}

}  // namespace

QFont text_font(TextSize size, QFont::Weight weight) {
  QFont result = QGuiApplication::font();
  result.setPixelSize(static_cast<int>(size));
  result.setWeight(weight);
  return result;
}

QFont monospace(TextSize size) {
  QFont result = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  result.setPixelSize(static_cast<int>(size));
  return result;
}

qreal tabular_width(const QFont& font, const QString& text) {
  qreal width = 0;
  for_each_run(QFontMetricsF(font), text, [&width](const QString&, qreal advance) { width += advance; });
  return width;
}

void draw_tabular(QPainter& painter, QPointF baseline, const QString& text) {
  const QFontMetricsF metrics(painter.font());
  for_each_run(metrics, text, [&](const QString& run, qreal advance) {
    const qreal slack = advance - metrics.horizontalAdvance(run);  // a narrow digit stands in the middle of its cell
    painter.drawText(baseline + QPointF(slack / 2, 0), run);
    baseline.rx() += advance;
  });
}

}  // namespace diptych::ui
