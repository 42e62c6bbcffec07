// A table: columns as wide as their text where that fits, else the wide ones share what is left.
#pragma once

#include <vector>

#include "ui/markdown/text_layout.h"

namespace diptych::markdown {

class TableLayout : public BlockLayout {
 public:
  // Rows behind this many cells are counted in a last line instead of shown; the message's source keeps them.
  static constexpr qsizetype max_cells = 5000;

  TableLayout(const Block& block, const RenderStyle& style);

  void update(const Block& block) override;
  void set_width(qreal width) override;
  qreal height() const override { return height_; }
  qreal used_width() const override { return width_; }
  qreal first_baseline() const override { return rows_.empty() ? 0 : 8 + rows_[0].cells[0].first_baseline(); }
  int length() const override { return static_cast<int>(text_.size()); }
  QString text(Range range) const override { return text_.mid(range.from, range.to - range.from); }
  int position_at(QPointF point) const override;
  QString link_at(QPointF point) const override;
  void paint(QPainter& painter, const QRectF& clip, Range selection) const override;
  const std::vector<qreal>& column_widths() const { return widths_; }

 private:
  struct Row {
    std::vector<InlineLayout> cells;
    std::vector<qreal> natural;  // widths
    std::vector<int> starts;     // in text_
    qreal y = 0, height = 0;
  };
  struct Place {
    size_t row = 0, column = 0;
    QPointF point;  // within the cell
  };

  Place place_at(QPointF point) const;
  qreal column_x(size_t column) const;

  const RenderStyle& style_;
  Block block_;
  QString text_;
  std::vector<Row> rows_;
  std::vector<qreal> widths_;
  qsizetype hidden_rows_ = 0;
  qreal width_ = 0;
  qreal height_ = 0;
};

// Widths that add up to at most `available`: natural where possible, the widest columns shrink first.
std::vector<qreal> share_width(std::vector<qreal> natural, qreal available);

}  // namespace diptych::markdown
