// Pointer, pen, wheel and keys on the canvas.
#include <QGestureEvent>
#include <QKeyEvent>
#include <QNativeGestureEvent>
#include <QTabletEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "ui/panels/create/image_canvas.h"

namespace diptych::create {
namespace {

constexpr double grip = 8;  // px within which a line is taken hold of
constexpr double arrow_px = 48;
constexpr double divider_step = 0.02;
constexpr double brush_step = 1.2;

}  // namespace

bool ImageCanvas::near_divider(QPointF at) const {
  const QRectF place = view_.rect();
  return comparing() && std::abs(at.x() - (place.left() + place.width() * divider_)) <= 2 * grip;
}

void ImageCanvas::set_divider(double share) {
  divider_ = std::clamp(share, 0.0, 1.0);
  update();
}

Qt::Edges ImageCanvas::edges_at(QPointF at) const {
  const QRectF outer = extended_rect();
  Qt::Edges edges;
  if (!outer.adjusted(-grip, -grip, grip, grip).contains(at)) return edges;
  if (std::abs(at.x() - outer.left()) <= grip) edges |= Qt::LeftEdge;
  if (std::abs(at.x() - outer.right()) <= grip) edges |= Qt::RightEdge;
  if (std::abs(at.y() - outer.top()) <= grip) edges |= Qt::TopEdge;
  if (std::abs(at.y() - outer.bottom()) <= grip) edges |= Qt::BottomEdge;
  return edges;
}

void ImageCanvas::drag_margin(QPointF at) {
  const QPointF by = (at - pressed_) / view_.scale();
  const auto moved = [this](int before, double pixels) {
    return std::max(0, static_cast<int>(std::lround((before + pixels) / multiple_)) * multiple_);
  };
  QMargins next = margins_before_;
  if (edges_ & Qt::LeftEdge) next.setLeft(moved(next.left(), -by.x()));
  if (edges_ & Qt::RightEdge) next.setRight(moved(next.right(), by.x()));
  if (edges_ & Qt::TopEdge) next.setTop(moved(next.top(), -by.y()));
  if (edges_ & Qt::BottomEdge) next.setBottom(moved(next.bottom(), by.y()));
  if (next == margins_) return;
  margins_ = next;
  update();
  emit margins_changed(next);
}

void ImageCanvas::begin_drag(Drag drag, QPointF at) {
  drag_ = drag;
  last_ = pressed_ = at;
  if (drag == Drag::paint) mask_->begin(brush_, {view_.to_picture(at), 1});
  if (drag == Drag::margin) margins_before_ = margins_;
  if (drag == Drag::pan) setCursor(Qt::ClosedHandCursor);
}

void ImageCanvas::mousePressEvent(QMouseEvent* event) {
  if (picture_.isNull() || pen_) return;
  const QPointF at = event->position();
  const bool left = event->button() == Qt::LeftButton;
  if (left && near_divider(at)) return begin_drag(Drag::divider, at);
  if (left && extending_ && !space_) {
    edges_ = edges_at(at);
    if (edges_) return begin_drag(Drag::margin, at);
  }
  if (left && mask_ && !extending_ && !space_) return begin_drag(Drag::paint, at);
  if (left || event->button() == Qt::MiddleButton) begin_drag(Drag::pan, at);
}

void ImageCanvas::mouseMoveEvent(QMouseEvent* event) {
  const QPointF at = event->position();
  pointer_ = at;
  switch (pen_ ? Drag::none : drag_) {
    case Drag::pan:
      view_.pan(at - last_);
      changed();
      break;
    case Drag::paint:
      mask_->stroke_to({view_.to_picture(at), 1});
      break;
    case Drag::divider:
      set_divider((at.x() - view_.rect().left()) / view_.rect().width());
      break;
    case Drag::margin:
      drag_margin(at);
      break;
    case Drag::none:
      update_cursor(at);
      break;
  }
  last_ = at;
  if (mask_) update();
}

void ImageCanvas::mouseReleaseEvent(QMouseEvent* event) {
  if (drag_ == Drag::paint && !pen_) mask_->end();
  drag_ = Drag::none;
  update_cursor(event->position());
}

// Between all of it and every pixel of it.
void ImageCanvas::mouseDoubleClickEvent(QMouseEvent* event) {
  if (mask_ || near_divider(event->position())) return mousePressEvent(event);
  if (view_.fitted())
    view_.zoom_to(1, event->position());
  else
    view_.fit();
  changed();
}

void ImageCanvas::update_cursor(QPointF at) {
  const Qt::Edges edges = extending_ ? edges_at(at) : Qt::Edges();
  const bool across = edges & (Qt::LeftEdge | Qt::RightEdge), down = edges & (Qt::TopEdge | Qt::BottomEdge);
  if (near_divider(at))
    setCursor(Qt::SplitHCursor);
  else if (across || down)
    setCursor(across && down ? Qt::SizeAllCursor : across ? Qt::SizeHorCursor : Qt::SizeVerCursor);
  else if (mask_ && !extending_ && !space_)
    setCursor(Qt::CrossCursor);
  else if (space_ || !view_.fitted())
    setCursor(Qt::OpenHandCursor);
  else
    unsetCursor();
}

void ImageCanvas::tabletEvent(QTabletEvent* event) {
  if (!mask_ || extending_ || space_) return event->ignore();
  const StrokePoint point{view_.to_picture(event->position()), std::max(0.05, event->pressure())};
  Brush brush = brush_;
  brush.eraser = brush.eraser || event->pointerType() == QPointingDevice::PointerType::Eraser;
  pointer_ = event->position();
  if (event->type() == QEvent::TabletPress && event->button() == Qt::LeftButton) {
    pen_ = true;
    mask_->begin(brush, point);
  } else if (event->type() == QEvent::TabletMove) {
    if (pen_) mask_->stroke_to(point);
  } else if (event->type() == QEvent::TabletRelease) {
    pen_ = false;
    mask_->end();
  }
  event->accept();
  update();
}

void ImageCanvas::wheelEvent(QWheelEvent* event) {
  if (picture_.isNull()) return event->ignore();
  const double notches = event->angleDelta().y() / 120.0;
  if (event->modifiers() & Qt::ControlModifier) {
    view_.zoom_by(std::pow(CanvasView::step, notches), event->position());
  } else {
    const QPointF by =
        event->pixelDelta().isNull() ? QPointF(event->angleDelta()) / 120 * arrow_px : QPointF(event->pixelDelta());
    view_.pan(event->modifiers() & Qt::ShiftModifier ? QPointF(by.y(), by.x()) : by);
  }
  changed();
  event->accept();
}

void ImageCanvas::leaveEvent(QEvent* event) {
  pointer_.reset();
  update();
  QWidget::leaveEvent(event);
}

bool ImageCanvas::event(QEvent* event) {
  if (event->type() == QEvent::NativeGesture) {
    const auto* gesture = static_cast<QNativeGestureEvent*>(event);
    if (gesture->gestureType() != Qt::ZoomNativeGesture) return QWidget::event(event);
    view_.zoom_by(1 + gesture->value(), gesture->position());
    changed();
    return true;
  }
  if (event->type() == QEvent::Gesture) {
    auto* gestures = static_cast<QGestureEvent*>(event);
    if (const auto* pinch = static_cast<QPinchGesture*>(gestures->gesture(Qt::PinchGesture))) {
      view_.zoom_by(pinch->scaleFactor(), mapFromGlobal(pinch->hotSpot().toPoint()));
      changed();
      return true;
    }
  }
  if (event->type() == QEvent::ShortcutOverride && mask_) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
      event->accept();
      return true;
    }
  }
  return QWidget::event(event);
}

void ImageCanvas::keyPressEvent(QKeyEvent* event) {
  if (picture_.isNull()) return QWidget::keyPressEvent(event);
  if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
    space_ = true;
    setCursor(Qt::OpenHandCursor);
    return;
  }
  if (mask_ && mask_key(event)) return;
  if (!view_key(event)) QWidget::keyPressEvent(event);
}

void ImageCanvas::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Space || event->isAutoRepeat()) return QWidget::keyReleaseEvent(event);
  space_ = false;
  update_cursor(pointer_.value_or(QPointF(-1, -1)));
}

bool ImageCanvas::mask_key(QKeyEvent* event) {
  Brush next = brush_;
  if (event->matches(QKeySequence::Undo)) return mask_->undo(), true;
  if (event->matches(QKeySequence::Redo)) return mask_->redo(), true;
  switch (event->key()) {
    case Qt::Key_BracketLeft:
      next.size /= brush_step;
      return set_brush(next), true;
    case Qt::Key_BracketRight:
      next.size *= brush_step;
      return set_brush(next), true;
    case Qt::Key_E:
      next.eraser = !next.eraser;
      return set_brush(next), true;
    case Qt::Key_I:
      return mask_->invert(), true;
    case Qt::Key_Delete:
      return mask_->clear(), true;
    default:
      return false;
  }
}

bool ImageCanvas::view_key(QKeyEvent* event) {
  if (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier)) return false;
  switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoom(CanvasView::step), true;
    case Qt::Key_Minus:
      return zoom(1 / CanvasView::step), true;
    case Qt::Key_0:
      return fit(), true;
    case Qt::Key_1:
      return actual_size(), true;
    case Qt::Key_Left:
      return comparing() ? set_divider(divider_ - divider_step) : (view_.pan({arrow_px, 0}), changed()), true;
    case Qt::Key_Right:
      return comparing() ? set_divider(divider_ + divider_step) : (view_.pan({-arrow_px, 0}), changed()), true;
    case Qt::Key_Up:
      return view_.pan({0, arrow_px}), changed(), true;
    case Qt::Key_Down:
      return view_.pan({0, -arrow_px}), changed(), true;
    default:
      return false;
  }
}

}  // namespace diptych::create
