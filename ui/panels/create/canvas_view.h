// Where a picture lies in the widget that shows it: fitted to it, or at a chosen scale and place.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

namespace diptych::create {

class CanvasView {
 public:
  static constexpr double least_scale = 1.0 / 32, most_scale = 32;  // widget pixels per picture pixel
  static constexpr double step = 1.25;                              // of a key or a notch of the wheel

  void set_picture(QSizeF size);  // a picture of another size is fitted
  void set_widget(QSizeF size);
  void fit();
  void zoom_to(double scale, QPointF around);  // `around` stays where it is in the widget
  void zoom_by(double factor, QPointF around) { zoom_to(scale_ * factor, around); }
  void pan(QPointF by);

  bool fitted() const { return fitted_; }
  double scale() const { return scale_; }
  QSizeF picture() const { return picture_; }
  QRectF rect() const { return {place_, picture_ * scale_}; }  // of the picture in the widget
  QPointF to_picture(QPointF at) const { return (at - place_) / scale_; }
  QPointF to_widget(QPointF at) const { return at * scale_ + place_; }

 private:
  void hold();  // the picture stays in sight

  QSizeF picture_{1, 1}, widget_{1, 1};
  bool fitted_ = true;
  double scale_ = 1;
  QPointF place_;  // of the picture's corner
};

}  // namespace diptych::create
