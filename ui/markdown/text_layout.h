// Running text with styles: what paragraphs, headings and table cells are made of.
#pragma once

#include <QTextLayout>

#include "ui/markdown/block_layout.h"

namespace diptych::markdown {

class InlineLayout {
 public:
  void set_text(const InlineText& text, const QFont& font, const QColor& color, const RenderStyle& style);
  void set_width(qreal width, Qt::Alignment alignment = Qt::AlignLeft);
  qreal natural_width();  // px on one line per line break; lays the text out

  qreal height() const { return height_; }
  qreal used_width() const { return used_width_; }
  qreal first_baseline() const;
  bool right_to_left() const { return right_to_left_; }
  const InlineText& content() const { return text_; }
  int length() const { return static_cast<int>(text_.text.size()); }
  int position_at(QPointF point) const;
  QString link_at(QPointF point) const;
  void paint(QPainter& painter, QPointF at, Range selection, const RenderStyle& style) const;

 private:
  InlineText text_;
  QTextLayout layout_;
  qreal line_spacing_ = 0;
  qreal height_ = 0;
  qreal width_ = -1;
  qreal used_width_ = 0;
  Qt::Alignment alignment_ = Qt::AlignLeft;
  bool right_to_left_ = false;
};

class TextBlockLayout : public BlockLayout {
 public:
  TextBlockLayout(const Block& block, const RenderStyle& style);

  void update(const Block& block) override;
  void set_width(qreal width) override { text_.set_width(width); }
  qreal height() const override { return text_.height(); }
  qreal used_width() const override { return text_.used_width(); }
  qreal first_baseline() const override { return text_.first_baseline(); }
  bool right_to_left() const override { return text_.right_to_left(); }
  int length() const override { return text_.length(); }
  QString text(Range range) const override;
  int position_at(QPointF point) const override { return text_.position_at(point); }
  QString link_at(QPointF point) const override { return text_.link_at(point); }
  void paint(QPainter& painter, const QRectF& clip, Range selection) const override;

 private:
  const RenderStyle& style_;
  InlineLayout text_;
};

}  // namespace diptych::markdown
