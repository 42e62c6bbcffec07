// One laid-out block: measures, paints, and maps points to characters. Coordinates are the block's own, in pixels.
#pragma once

#include <QPainter>
#include <QRectF>
#include <memory>

#include "ui/markdown/block.h"
#include "ui/markdown/render_style.h"

namespace diptych::markdown {

// Characters [from, to) of a block's plain text; empty: nothing is selected.
struct Range {
  int from = 0;
  int to = 0;
  bool empty() const { return to <= from; }
};

class BlockLayout {
 public:
  virtual ~BlockLayout() = default;

  // Takes the content of a block of the same kind, keeping what did not change. set_width() must follow.
  virtual void update(const Block& block) = 0;
  virtual void set_width(qreal width) = 0;
  virtual qreal height() const = 0;
  virtual qreal used_width() const = 0;      // what the content needs of the width, for a bubble around it
  virtual qreal first_baseline() const = 0;  // where a list marker stands
  virtual bool right_to_left() const { return false; }

  virtual int length() const = 0;  // of the plain text that positions count
  virtual QString text(Range range) const = 0;
  virtual int position_at(QPointF point) const = 0;  // between characters, 0 to length()
  virtual QString link_at(QPointF) const { return {}; }
  virtual void paint(QPainter& painter, const QRectF& clip, Range selection) const = 0;
};

// `style` must outlive the layout.
std::unique_ptr<BlockLayout> make_layout(const Block& block, const RenderStyle& style);

inline constexpr qreal code_header_height = 32;  // label and copy button

}  // namespace diptych::markdown
