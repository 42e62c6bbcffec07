// Blocks one below the other, with list markers and quote bars: a whole rendered message.
#pragma once

#include <memory>
#include <vector>

#include "ui/markdown/block_layout.h"

namespace diptych::markdown {

// Positions count the characters of plain_text(), so that a selection runs over blocks as if they were one text.
class DocumentLayout {
 public:
  explicit DocumentLayout(const RenderStyle& style) : style_(style) {}  // `style` must outlive the layout

  // Lays out again only from the first block that differs; a block that merely grew keeps its finished parts.
  // Returns the height above which nothing changed.
  qreal set_blocks(const QList<Block>& blocks);
  void set_width(qreal width);
  void restyle();  // after a change of `style`

  const QList<Block>& blocks() const { return blocks_; }
  qreal width() const { return width_; }
  qreal height() const { return height_; }
  qreal used_width() const;  // what a bubble around it must be wide
  void paint(QPainter& painter, const QRectF& clip, Range selection) const;

  int length() const;
  QString text(Range range) const;  // what a copy of the selection gives
  QString plain_text() const { return text({0, length()}); }
  int position_at(QPointF point) const;
  QString link_at(QPointF point) const;
  Range word_at(int position) const;
  Range block_at(int position) const;
  QStringList links() const;

  struct CodeBox {
    qsizetype block = 0;
    QRectF rect;  // of the whole block; the header is its top code_header_height
  };
  std::vector<CodeBox> code_boxes() const;

 private:
  struct Item {
    std::unique_ptr<BlockLayout> layout;
    qreal x = 0, y = 0, width = 0;
    int start = 0;  // first position
  };

  void place(size_t first);
  size_t item_at(qreal y) const;
  void paint_containers(QPainter& painter, size_t index) const;

  const RenderStyle& style_;
  QList<Block> blocks_;
  std::vector<Item> items_;
  qreal width_ = -1;
  qreal height_ = 0;
};

}  // namespace diptych::markdown
