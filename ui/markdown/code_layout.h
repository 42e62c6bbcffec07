// A code block: header with the language, then highlighted lines that wrap. Grows by lines, so that an answer that
// writes code lays out one line at a time.
#pragma once

#include <QTextLayout>
#include <vector>

#include "ui/markdown/block_layout.h"

namespace diptych::markdown {

class CodeLayout : public BlockLayout {
 public:
  CodeLayout(const Block& block, const RenderStyle& style);

  void update(const Block& block) override;
  void set_width(qreal width) override;
  qreal height() const override { return height_; }
  qreal used_width() const override { return width_; }
  qreal first_baseline() const override;
  int length() const override { return static_cast<int>(code_.size()); }
  QString text(Range range) const override { return code_.mid(range.from, range.to - range.from); }
  int position_at(QPointF point) const override;
  void paint(QPainter& painter, const QRectF& clip, Range selection) const override;

 private:
  struct Line {
    int start = 0;  // in code_
    QString text;
    LexState state_in = 0, state_out = 0;
    QList<Token> tokens;
    qreal y = 0, height = 0;
    mutable std::unique_ptr<QTextLayout> layout;  // made when first measured or painted
  };

  void shape(const Line& line) const;
  bool fits_on_one_line(const Line& line) const;
  size_t line_at(qreal y) const;

  const RenderStyle& style_;
  QString code_;
  QString label_;
  const Language* language_ = nullptr;
  std::vector<Line> lines_;
  size_t measured_ = 0;  // the first lines whose place is right for width_
  qreal width_ = -1;
  qreal height_ = 0;
  qreal line_height_ = 0;
  qreal advance_ = 0;  // of one ASCII character
};

}  // namespace diptych::markdown
