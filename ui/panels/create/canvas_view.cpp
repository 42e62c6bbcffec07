#include "ui/panels/create/canvas_view.h"

#include <algorithm>
#include <cmath>

namespace diptych::create {
namespace {

constexpr double fit_margin = 16;     // px around a fitted picture
constexpr double most_fitted = 4;     // a tiny picture is not blown up to the whole widget
constexpr double kept_in_sight = 48;  // px of a picture that was moved

double held(double place, double length, double widget) {
  if (length <= widget) return (widget - length) / 2;
  return std::clamp(place, std::min(widget - length, kept_in_sight - length), std::max(0.0, widget - kept_in_sight));
}

}  // namespace

void CanvasView::set_picture(QSizeF size) {
  if (size == picture_ || size.isEmpty()) return;
  picture_ = size;
  fit();
}

void CanvasView::set_widget(QSizeF size) {
  widget_ = size;
  fitted_ ? fit() : hold();
}

void CanvasView::fit() {
  fitted_ = true;
  const QSizeF room = widget_ - QSizeF(2 * fit_margin, 2 * fit_margin);
  scale_ = std::min({room.width() / picture_.width(), room.height() / picture_.height(), most_fitted});
  scale_ = std::max(scale_, least_scale);
  hold();
}

void CanvasView::zoom_to(double scale, QPointF around) {
  const QPointF fixed = to_picture(around);
  fitted_ = false;
  scale_ = std::clamp(scale, least_scale, most_scale);
  if (std::abs(scale_ - 1) < 0.02) scale_ = 1;
  place_ = around - fixed * scale_;
  hold();
}

void CanvasView::pan(QPointF by) {
  place_ += by;
  fitted_ = false;
  hold();
}

void CanvasView::hold() {
  const QSizeF size = picture_ * scale_;
  place_ = {held(place_.x(), size.width(), widget_.width()), held(place_.y(), size.height(), widget_.height())};
}

}  // namespace diptych::create
