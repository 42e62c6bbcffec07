// The picture: fitted or at any scale, moved by dragging; two of them beside a divider; a mask painted on it; edges
// that are pulled outwards to extend it.
#pragma once

#include <QImage>
#include <QPixmap>
#include <QWidget>
#include <optional>

#include "ui/panels/create/canvas_view.h"
#include "ui/panels/create/mask_layer.h"

class QNativeGestureEvent;

namespace diptych::create {

class ImageCanvas : public QWidget {
  Q_OBJECT

 public:
  static constexpr double least_brush = 2, most_brush = 512;

  explicit ImageCanvas(QWidget* parent = nullptr);

  // `size`: what the picture stands for, where a preview has fewer pixels. Null: nothing to show.
  void set_picture(const QImage& picture, QSize size = {}, const QString& description = {});
  const QImage& picture() const { return picture_; }
  void set_second(const QImage& picture);  // right of the divider; null: none
  bool comparing() const { return !second_.isNull(); }
  double divider() const { return divider_; }

  void set_mask(MaskLayer* mask);  // null: it cannot be painted on
  bool painting() const { return mask_ != nullptr; }
  void set_brush(const Brush& brush);
  const Brush& brush() const { return brush_; }
  void set_extending(bool on);
  void set_margins(const QMargins& margins, int multiple);  // pixels to add at each side

  const CanvasView& view() const { return view_; }
  void fit();
  void actual_size();
  void zoom(double factor);

 signals:
  void view_changed();
  void brush_changed();
  void margins_changed(const QMargins& margins);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void tabletEvent(QTabletEvent* event) override;
  void leaveEvent(QEvent* event) override;
  bool event(QEvent* event) override;

 private:
  enum class Drag { none, pan, paint, divider, margin };

  void paint_picture(QPainter& painter) const;
  void paint_mask(QPainter& painter) const;
  void paint_divider(QPainter& painter) const;
  void paint_margins(QPainter& painter) const;
  void paint_brush(QPainter& painter) const;
  void mask_touched(const QRect& pixels);
  QRectF extended_rect() const;          // in the widget
  Qt::Edges edges_at(QPointF at) const;  // of extended_rect()
  void drag_margin(QPointF at);
  bool near_divider(QPointF at) const;
  void set_divider(double share);
  void begin_drag(Drag drag, QPointF at);
  void update_cursor(QPointF at);
  bool mask_key(QKeyEvent* event);
  bool view_key(QKeyEvent* event);
  void changed();

  CanvasView view_;
  QImage picture_, second_;
  QPixmap shown_, shown_second_;
  double divider_ = 0.5;
  MaskLayer* mask_ = nullptr;
  QImage tint_;  // the mask in the accent colour
  Brush brush_;
  bool extending_ = false;
  QMargins margins_, margins_before_;
  int multiple_ = 8;
  Qt::Edges edges_;  // that are dragged
  Drag drag_ = Drag::none;
  QPointF last_, pressed_;
  std::optional<QPointF> pointer_;
  bool space_ = false, pen_ = false;
};

// A mask as the accent colour over a picture.
QImage mask_tint(const QImage& mask);

}  // namespace diptych::create
