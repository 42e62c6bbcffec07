#include "ui/panels/create/mask_layer.h"

#include <QPainter>
#include <algorithm>
#include <cmath>
#include <cstring>

namespace diptych::create {
namespace {

constexpr int most_steps = 100;  // of undo

double smooth(double t) {
  t = std::clamp(t, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

}  // namespace

void MaskLayer::reset(QSize size) {
  if (size == mask_.size()) return;
  mask_ = QImage(size, QImage::Format_Grayscale8);
  mask_.fill(0);
  undo_.clear();
  redo_.clear();
  painting_ = false;
  emit changed(mask_.rect());
}

bool MaskLayer::empty() const {
  for (int y = 0; y < mask_.height(); ++y) {
    const uchar* row = mask_.constScanLine(y);
    if (std::any_of(row, row + mask_.width(), [](uchar value) { return value > 0; })) return false;
  }
  return true;
}

void MaskLayer::begin(const Brush& brush, StrokePoint point) {
  if (mask_.isNull()) return;
  brush_ = brush;
  painting_ = true;
  before_ = mask_;
  touched_ = {};
  last_ = point;
  stamp(point, point);
}

void MaskLayer::stroke_to(StrokePoint point) {
  if (!painting_) return;
  stamp(last_, point);
  last_ = point;
}

void MaskLayer::end() {
  if (!std::exchange(painting_, false)) return;
  if (!touched_.isEmpty()) remember({touched_, before_.copy(touched_)});
  before_ = {};
}

// A pixel's distance to the line from one point to the next decides; the strongest of a stroke holds, so that a line
// that crosses itself has no knots.
void MaskLayer::stamp(StrokePoint from, StrokePoint to) {
  const double widest = brush_.size / 2 * std::max(from.pressure, to.pressure);
  const QRectF line = QRectF(from.at, to.at).normalized().adjusted(-widest - 1, -widest - 1, widest + 1, widest + 1);
  const QRect area = line.toAlignedRect() & mask_.rect();
  const QPointF way = to.at - from.at;
  const double length2 = QPointF::dotProduct(way, way);
  for (int y = area.top(); y <= area.bottom(); ++y) {
    uchar* row = mask_.scanLine(y);
    for (int x = area.left(); x <= area.right(); ++x) {
      const QPointF pixel(x + 0.5, y + 0.5);
      const double t = length2 > 0 ? std::clamp(QPointF::dotProduct(pixel - from.at, way) / length2, 0.0, 1.0) : 0.0;
      const QPointF away = pixel - (from.at + way * t);
      const double radius = std::max(0.5, brush_.size / 2 * (from.pressure + (to.pressure - from.pressure) * t));
      const double fade = std::max(1.0, std::min(brush_.feather, radius));
      const double alpha = smooth((radius - std::hypot(away.x(), away.y())) / fade + (fade <= 1 ? 0.5 : 0));
      const auto value = static_cast<uchar>(std::lround(alpha * 255));
      row[x] = brush_.eraser ? std::min<uchar>(row[x], static_cast<uchar>(255 - value)) : std::max(row[x], value);
    }
  }
  touched_ |= area;
  if (!area.isEmpty()) emit changed(area);
}

void MaskLayer::remember(const Patch& patch) {
  undo_.append(patch);
  if (undo_.size() > most_steps) undo_.removeFirst();
  redo_.clear();
  emit changed({});  // whether there is something to take back
}

void MaskLayer::replace(const QImage& mask) {
  end();
  const Patch patch{mask_.rect(), mask_};
  mask_ = mask;
  remember(patch);
  emit changed(mask_.rect());
}

void MaskLayer::clear() {
  if (mask_.isNull() || empty()) return;
  QImage blank(mask_.size(), QImage::Format_Grayscale8);
  blank.fill(0);
  replace(blank);
}

void MaskLayer::load(const QImage& mask) {
  if (mask_.isNull() || mask.isNull()) return;
  QImage grey;
  if (mask.hasAlphaChannel()) {
    grey = mask.convertToFormat(QImage::Format_Alpha8);
    grey.reinterpretAsFormat(QImage::Format_Grayscale8);
    grey.invertPixels();
  } else {
    grey = mask.convertToFormat(QImage::Format_Grayscale8);
  }
  if (grey.size() != mask_.size())
    grey = grey.scaled(mask_.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
               .convertToFormat(QImage::Format_Grayscale8);
  replace(grey);
}

void MaskLayer::invert() {
  if (mask_.isNull()) return;
  QImage inverse = mask_;
  inverse.invertPixels();
  replace(inverse);
}

void MaskLayer::undo() {
  end();
  swap(undo_, redo_);
}
void MaskLayer::redo() {
  end();
  swap(redo_, undo_);
}

void MaskLayer::swap(QList<Patch>& from, QList<Patch>& to) {
  if (from.isEmpty()) return;
  const Patch patch = from.takeLast();
  to.append({patch.rect, mask_.copy(patch.rect)});
  for (int y = 0; y < patch.rect.height(); ++y)
    std::memcpy(mask_.scanLine(patch.rect.y() + y) + patch.rect.x(), patch.pixels.constScanLine(y),
                static_cast<size_t>(patch.rect.width()));
  emit changed(patch.rect);
}

}  // namespace diptych::create
