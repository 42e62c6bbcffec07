#include "ui/widgets/elided_label.h"

namespace diptych::ui {

ElidedLabel::ElidedLabel(const QString& text, QWidget* parent) : QLabel(parent) {
  setTextFormat(Qt::PlainText);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  set_text(text);
}

void ElidedLabel::set_text(const QString& text) {
  full_ = text;
  full_.replace(QLatin1Char('\n'), QLatin1Char(' '));
  setAccessibleName(full_);
  updateGeometry();
  elide();
}

void ElidedLabel::set_hint(const QString& hint) {
  hint_ = hint;
  elide();
}

QSize ElidedLabel::minimumSizeHint() const {
  return {fontMetrics().averageCharWidth() * 4, fontMetrics().height()};
}
QSize ElidedLabel::sizeHint() const {
  return {fontMetrics().horizontalAdvance(full_) + 2, fontMetrics().height()};
}

void ElidedLabel::resizeEvent(QResizeEvent* event) {
  QLabel::resizeEvent(event);
  elide();
}

void ElidedLabel::elide() {
  const QString shown = fontMetrics().elidedText(full_, Qt::ElideRight, width());
  if (shown != text()) setText(shown);
  QStringList tip;
  if (shown != full_) tip << full_;
  if (!hint_.isEmpty()) tip << hint_;
  setToolTip(tip.join(QLatin1Char('\n')));
}

}  // namespace diptych::ui
