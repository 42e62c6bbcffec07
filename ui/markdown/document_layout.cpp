#include "ui/markdown/document_layout.h"

#include <QTextBoundaryFinder>
#include <algorithm>

#include "ui/markdown/code_layout.h"
#include "ui/markdown/table_layout.h"
#include "ui/markdown/text_layout.h"

namespace diptych::markdown {
namespace {

constexpr qreal item_indent = 26;
constexpr qreal quote_indent = 18;
constexpr qreal least_width = 60;  // however deep the nesting

class RuleLayout : public BlockLayout {
 public:
  explicit RuleLayout(const RenderStyle& style) : style_(style) {}
  void update(const Block&) override {}
  void set_width(qreal width) override { width_ = width; }
  qreal height() const override { return 17; }
  qreal used_width() const override { return width_; }
  qreal first_baseline() const override { return 12; }
  int length() const override { return 0; }
  QString text(Range) const override { return {}; }
  int position_at(QPointF) const override { return 0; }
  void paint(QPainter& painter, const QRectF&, Range) const override {
    painter.setPen(style_.border);
    painter.drawLine(QPointF(0, 8.5), QPointF(width_, 8.5));
  }

 private:
  const RenderStyle& style_;
  qreal width_ = 0;
};

qreal indent_of(const Block& block) {
  qreal indent = 0;
  for (const Container& container : block.containers)
    indent += container.kind == Container::Kind::quote ? quote_indent : item_indent;
  return indent;
}

// px between two blocks
qreal gap(const Block& above, const Block& below) {
  if (below.kind == BlockKind::heading) return below.level <= 2 ? 20 : 14;
  if (above.kind == BlockKind::heading) return 6;
  if (below.tight && above.tight) return 2;
  const bool boxed = above.kind == BlockKind::code || below.kind == BlockKind::code || above.kind == BlockKind::table ||
                     below.kind == BlockKind::table;
  return boxed ? 12 : 8;
}

}  // namespace

std::unique_ptr<BlockLayout> make_layout(const Block& block, const RenderStyle& style) {
  switch (block.kind) {
    case BlockKind::code:
      return std::make_unique<CodeLayout>(block, style);
    case BlockKind::table:
      return std::make_unique<TableLayout>(block, style);
    case BlockKind::rule:
      return std::make_unique<RuleLayout>(style);
    case BlockKind::paragraph:
    case BlockKind::heading:
      break;
  }
  return std::make_unique<TextBlockLayout>(block, style);
}

qreal DocumentLayout::set_blocks(const QList<Block>& blocks) {
  qsizetype same = 0;
  while (same < blocks.size() && same < blocks_.size() && blocks[same] == blocks_[same]) ++same;
  const bool grew = same < blocks.size() && same < blocks_.size() && blocks[same].kind == blocks_[same].kind;
  items_.resize(static_cast<size_t>(same + (grew ? 1 : 0)));
  if (grew) items_.back().layout->update(blocks[same]);
  for (qsizetype i = same + (grew ? 1 : 0); i < blocks.size(); ++i) {
    Item item;
    item.layout = make_layout(blocks[i], style_);
    items_.push_back(std::move(item));
  }
  blocks_ = blocks;
  if (width_ >= 0) place(static_cast<size_t>(same));
  return static_cast<size_t>(same) < items_.size() ? items_[static_cast<size_t>(same)].y : height_;
}

void DocumentLayout::set_width(qreal width) {
  if (width == width_) return;
  width_ = width;
  place(0);
}

void DocumentLayout::restyle() {
  const QList<Block> blocks = std::exchange(blocks_, {});
  items_.clear();
  set_blocks(blocks);
}

void DocumentLayout::place(size_t first) {
  for (size_t i = first; i < items_.size(); ++i) {
    Item& item = items_[i];
    const Block& block = blocks_[static_cast<qsizetype>(i)];
    const qreal indent = std::min(indent_of(block), std::max<qreal>(0, width_ - least_width));
    item.width = width_ - indent;
    item.layout->set_width(item.width);
    item.x = item.layout->right_to_left() ? 0 : indent;
    item.y = 0;
    item.start = 0;
    if (i == 0) continue;
    const Item& above = items_[i - 1];
    item.y = above.y + above.layout->height() + gap(blocks_[static_cast<qsizetype>(i) - 1], block);
    item.start = above.start + above.layout->length() + 1;
  }
  height_ = items_.empty() ? 0 : items_.back().y + items_.back().layout->height();
}

qreal DocumentLayout::used_width() const {
  qreal widest = 0;
  for (const Item& item : items_) widest = std::max(widest, width_ - item.width + item.layout->used_width());
  return widest;
}

size_t DocumentLayout::item_at(qreal y) const {
  const auto after =
      std::upper_bound(items_.begin(), items_.end(), y, [](qreal at, const Item& item) { return at < item.y; });
  return after == items_.begin() ? 0 : static_cast<size_t>(after - items_.begin()) - 1;
}

void DocumentLayout::paint_containers(QPainter& painter, size_t index) const {
  const Block& block = blocks_[static_cast<qsizetype>(index)];
  const Item& item = items_[index];
  const bool mirrored = item.layout->right_to_left();
  qreal x = 0;
  const auto across = [&](qreal from, qreal width) { return mirrored ? width_ - from - width : from; };
  for (const Container& container : block.containers) {
    if (container.kind == Container::Kind::quote) {
      // Up to the block above when that belongs to the same quote, so that the bar is one.
      const qreal top =
          container.first || index == 0 ? item.y : items_[index - 1].y + items_[index - 1].layout->height();
      painter.fillRect(QRectF(across(x, 3), top, 3, item.y + item.layout->height() - top), style_.border);
      x += quote_indent;
      continue;
    }
    if (container.first) {
      const qreal baseline = item.y + item.layout->first_baseline();
      if (container.task != Container::Task::none) {
        const QRectF box(across(x + 4, 14), baseline - 12, 14, 14);
        painter.setRenderHint(QPainter::Antialiasing);
        const bool done = container.task == Container::Task::done;
        painter.setPen(QPen(done ? style_.accent : style_.secondary, 1.5));
        painter.setBrush(done ? QBrush(style_.accent) : QBrush(Qt::NoBrush));
        painter.drawRoundedRect(box, 3, 3);
        if (done) {
          painter.setPen(QPen(style_.surface, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
          painter.drawPolyline(
              QPolygonF{box.topLeft() + QPointF(3, 7), box.topLeft() + QPointF(6, 10), box.topLeft() + QPointF(11, 4)});
        }
      } else {
        painter.setFont(style_.body);
        painter.setPen(style_.secondary);
        const QRectF place(across(x, item_indent - 8), baseline - 40, item_indent - 8, 80);
        const QFontMetricsF metrics(style_.body);
        const qreal width = metrics.horizontalAdvance(container.marker);
        const qreal at = mirrored ? place.left() : std::max(x - 10, place.right() - width);
        painter.drawText(QPointF(at, baseline), container.marker);
      }
    }
    x += item_indent;
  }
}

void DocumentLayout::paint(QPainter& painter, const QRectF& clip, Range selection) const {
  painter.setRenderHint(QPainter::Antialiasing);
  for (size_t i = item_at(clip.top()); i < items_.size() && items_[i].y <= clip.bottom(); ++i) {
    const Item& item = items_[i];
    paint_containers(painter, i);
    const Range range{std::max(selection.from - item.start, 0),
                      std::min(selection.to - item.start, item.layout->length())};
    painter.save();
    painter.translate(item.x, item.y);
    item.layout->paint(painter, clip.translated(-item.x, -item.y), range);
    painter.restore();
  }
}

int DocumentLayout::length() const {
  return items_.empty() ? 0 : items_.back().start + items_.back().layout->length();
}

QString DocumentLayout::text(Range range) const {
  QString text;
  bool any = false;
  for (size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    const Range part{std::max(range.from - item.start, 0), std::min(range.to - item.start, item.layout->length())};
    if (range.to < item.start || range.from > item.start + item.layout->length()) continue;
    const auto tight = [&](size_t block) { return blocks_[static_cast<qsizetype>(block)].tight; };
    if (any) text += tight(i) && tight(i - 1) ? QStringLiteral("\n") : QStringLiteral("\n\n");
    if (!part.empty()) text += item.layout->text(part);
    any = true;
  }
  return text;
}

int DocumentLayout::position_at(QPointF point) const {
  if (items_.empty()) return 0;
  if (point.y() < 0) return 0;
  if (point.y() > height_) return length();
  const Item& item = items_[item_at(point.y())];
  if (point.y() > item.y + item.layout->height()) return item.start + item.layout->length();
  return item.start + item.layout->position_at(point - QPointF(item.x, item.y));
}

QString DocumentLayout::link_at(QPointF point) const {
  if (items_.empty() || point.y() < 0 || point.y() > height_) return {};
  const Item& item = items_[item_at(point.y())];
  return item.layout->link_at(point - QPointF(item.x, item.y));
}

Range DocumentLayout::block_at(int position) const {
  for (const Item& item : items_)
    if (position <= item.start + item.layout->length()) return {item.start, item.start + item.layout->length()};
  return {length(), length()};
}

Range DocumentLayout::word_at(int position) const {
  const Range block = block_at(position);
  const QString text = this->text(block);
  QTextBoundaryFinder finder(QTextBoundaryFinder::Word, text);
  finder.setPosition(std::clamp<qsizetype>(position - block.from, 0, text.size()));
  const auto end = finder.toNextBoundary();
  const auto start = finder.toPreviousBoundary();
  if (end < 0 || start < 0) return block;
  return {block.from + static_cast<int>(start), block.from + static_cast<int>(end)};
}

QStringList DocumentLayout::links() const {
  QStringList links;
  for (const Block& block : blocks_) {
    links += block.text.links;
    for (const QList<InlineText>& row : block.rows)
      for (const InlineText& cell : row) links += cell.links;
  }
  links.removeDuplicates();
  return links;
}

std::vector<DocumentLayout::CodeBox> DocumentLayout::code_boxes() const {
  std::vector<CodeBox> boxes;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (blocks_[static_cast<qsizetype>(i)].kind != BlockKind::code) continue;
    boxes.push_back(
        {static_cast<qsizetype>(i), QRectF(items_[i].x, items_[i].y, items_[i].width, items_[i].layout->height())});
  }
  return boxes;
}

}  // namespace diptych::markdown
