// What the canvas shows; image_canvas_input.cpp is what it does.
#include "ui/panels/create/image_canvas.h"

#include <QPainter>
#include <QResizeEvent>
#include <algorithm>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::create {
namespace {

constexpr double tint_alpha = 0.5;
constexpr double sharp_from_scale = 3;  // from here on single pixels are what one looks at
constexpr double handle_radius = 12;

void paint_tag(QPainter& painter, QPointF corner, bool right, const QString& text) {
  const ui::Palette& palette = ui::theme_palette();
  QRectF box(0, 0, 24, 24);
  box.moveTopLeft(corner + QPointF(right ? -32 : 8, 8));
  QColor ground = palette.surface;
  ground.setAlphaF(0.9f);
  ui::paint_box(painter, box, 6, ground, palette.border);
  painter.setPen(palette.text);
  painter.setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  painter.drawText(box, Qt::AlignCenter, text);
}

void tint(const QImage& mask, const QRect& area, QImage& onto) {
  const QColor accent = ui::theme_palette().accent;
  for (int y = area.top(); y <= area.bottom(); ++y) {
    const uchar* from = mask.constScanLine(y);
    auto* to = reinterpret_cast<QRgb*>(onto.scanLine(y));
    for (int x = area.left(); x <= area.right(); ++x) {
      const int alpha = static_cast<int>(from[x] * tint_alpha);
      to[x] = qPremultiply(qRgba(accent.red(), accent.green(), accent.blue(), alpha));
    }
  }
}

}  // namespace

QImage mask_tint(const QImage& mask) {
  QImage tinted(mask.size(), QImage::Format_ARGB32_Premultiplied);
  tint(mask, mask.rect(), tinted);
  return tinted;
}

ImageCanvas::ImageCanvas(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("imageCanvas"));
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setMinimumSize(160, 120);
  setAccessibleName(tr("Picture"));
  setAccessibleDescription(tr("Plus and minus zoom, 0 fits, 1 shows it at 100 %, arrows move it"));
  grabGesture(Qt::PinchGesture);
}

void ImageCanvas::set_picture(const QImage& picture, QSize size, const QString& description) {
  picture_ = picture;
  shown_ = QPixmap::fromImage(picture);
  if (!picture.isNull()) view_.set_picture(size.isValid() ? size : picture.size());
  setAccessibleName(description.isEmpty() ? tr("Picture") : description);
  changed();
}

void ImageCanvas::set_second(const QImage& picture) {
  if (second_.isNull() != picture.isNull()) divider_ = 0.5;
  second_ = picture;
  shown_second_ = QPixmap::fromImage(picture);
  update();
}

void ImageCanvas::set_mask(MaskLayer* mask) {
  if (mask_ == mask) return;
  if (mask_) mask_->disconnect(this);
  mask_ = mask;
  tint_ = {};
  if (mask_) {
    connect(mask_, &MaskLayer::changed, this, &ImageCanvas::mask_touched);
    mask_touched(QRect(QPoint(), mask_->size()));
  }
  unsetCursor();
  update();
}

void ImageCanvas::set_brush(const Brush& brush) {
  brush_ = brush;
  brush_.size = std::clamp(brush_.size, least_brush, most_brush);
  brush_.feather = std::clamp(brush_.feather, 0.0, brush_.size / 2);
  emit brush_changed();
  update();
}

void ImageCanvas::set_extending(bool on) {
  extending_ = on;
  update();
}

void ImageCanvas::set_margins(const QMargins& margins, int multiple) {
  multiple_ = std::max(1, multiple);
  if (margins_ == margins) return;
  margins_ = margins;
  update();
}

void ImageCanvas::mask_touched(const QRect& pixels) {
  const QImage& mask = mask_->image();
  if (tint_.size() != mask.size()) {
    tint_ = QImage(mask.size(), QImage::Format_ARGB32_Premultiplied);
    tint_.fill(Qt::transparent);
  }
  tint(mask, pixels & mask.rect(), tint_);
  update();
}

void ImageCanvas::fit() {
  view_.fit();
  changed();
}
void ImageCanvas::actual_size() {
  view_.zoom_to(1, QRectF(rect()).center());
  changed();
}
void ImageCanvas::zoom(double factor) {
  view_.zoom_by(factor, QRectF(rect()).center());
  changed();
}

void ImageCanvas::changed() {
  update();
  emit view_changed();
}

void ImageCanvas::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  view_.set_widget(size());
  emit view_changed();
}

void ImageCanvas::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const ui::Palette& palette = ui::theme_palette();
  painter.fillRect(rect(), palette.background);
  if (!picture_.isNull()) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setRenderHint(QPainter::SmoothPixmapTransform,
                          view_.scale() < sharp_from_scale || picture_.size() != view_.picture().toSize());
    if (extending_ || !margins_.isNull()) paint_margins(painter);
    paint_picture(painter);
    if (mask_) paint_mask(painter);
    if (comparing()) paint_divider(painter);
    if (mask_ && pointer_ && !extending_) paint_brush(painter);
  }
  if (hasFocus()) ui::paint_focus_ring(painter, rect(), 0, palette.accent);
}

void ImageCanvas::paint_picture(QPainter& painter) const {
  const QRectF place = view_.rect();
  painter.drawPixmap(place, shown_, shown_.rect());
  if (!comparing()) return;
  const double at = place.left() + place.width() * divider_;
  painter.save();
  painter.setClipRect(QRectF(at, place.top(), place.right() - at, place.height()));
  painter.drawPixmap(place, shown_second_, shown_second_.rect());
  painter.restore();
}

void ImageCanvas::paint_mask(QPainter& painter) const {
  if (!tint_.isNull()) painter.drawImage(view_.rect(), tint_, tint_.rect());
}

void ImageCanvas::paint_divider(QPainter& painter) const {
  const ui::Palette& palette = ui::theme_palette();
  const QRectF place = view_.rect();
  const QRectF seen = place & QRectF(rect());
  const double at = place.left() + place.width() * divider_;
  painter.setPen(QPen(palette.surface, 3));
  painter.drawLine(QPointF(at, seen.top()), QPointF(at, seen.bottom()));
  painter.setPen(QPen(palette.accent, 1.5));
  painter.drawLine(QPointF(at, seen.top()), QPointF(at, seen.bottom()));
  const QRectF handle(at - handle_radius, seen.center().y() - handle_radius, 2 * handle_radius, 2 * handle_radius);
  ui::paint_box(painter, handle, handle_radius, palette.surface, palette.accent, 1.5);
  ui::paint_chevron(painter, handle.adjusted(2, 8, -12, -8), ui::Chevron::left, palette.accent);
  ui::paint_chevron(painter, handle.adjusted(12, 8, -2, -8), ui::Chevron::right, palette.accent);
  paint_tag(painter, seen.topLeft(), false, QStringLiteral("A"));
  paint_tag(painter, seen.topRight(), true, QStringLiteral("B"));
}

QRectF ImageCanvas::extended_rect() const {
  const double scale = view_.scale();
  return view_.rect().adjusted(-margins_.left() * scale, -margins_.top() * scale, margins_.right() * scale,
                               margins_.bottom() * scale);
}

void ImageCanvas::paint_margins(QPainter& painter) const {
  const ui::Palette& palette = ui::theme_palette();
  const QRectF outer = extended_rect();
  painter.fillRect(outer, QBrush(palette.control, Qt::BDiagPattern));
  painter.setPen(QPen(palette.accent, extending_ ? 2 : 1, extending_ ? Qt::SolidLine : Qt::DashLine));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(outer);
  if (!extending_) return;
  for (const QPointF& at : {QPointF(outer.left(), outer.center().y()), QPointF(outer.right(), outer.center().y()),
                            QPointF(outer.center().x(), outer.top()), QPointF(outer.center().x(), outer.bottom())})
    ui::paint_box(painter, QRectF(at - QPointF(5, 5), QSizeF(10, 10)), 3, palette.surface, palette.accent, 2);
}

void ImageCanvas::paint_brush(QPainter& painter) const {
  const double radius = std::max(1.0, brush_.size / 2 * view_.scale());
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(Qt::black, 2.5));  // on any picture: a dark and a light line
  painter.drawEllipse(*pointer_, radius, radius);
  painter.setPen(QPen(Qt::white, 1.2, brush_.eraser ? Qt::DashLine : Qt::SolidLine));
  painter.drawEllipse(*pointer_, radius, radius);
}

}  // namespace diptych::create
