#include "ui/markdown/text_layout.h"

#include <algorithm>

namespace diptych::markdown {
namespace {

QTextCharFormat format_of(const Span& span, const QFont& font, const RenderStyle& style) {
  QTextCharFormat format;
  if (span.styles & style_code) {
    QFont mono = style.mono;
    mono.setPixelSize(font.pixelSize() - 1);
    format.setFont(mono);
    format.setBackground(style.raised);
  }
  if (span.styles & style_strong) format.setFontWeight(QFont::Bold);
  if (span.styles & style_emphasis) format.setFontItalic(true);
  if (span.styles & style_strike) {
    format.setFontStrikeOut(true);
    format.setForeground(style.secondary);
  }
  if (span.styles & style_link) {
    format.setForeground(style.accent);
    format.setFontUnderline(true);
  }
  return format;
}

}  // namespace

void InlineLayout::set_text(const InlineText& text, const QFont& font, const QColor& color, const RenderStyle& style) {
  text_ = text;
  width_ = -1;
  line_spacing_ = style.line_spacing;
  right_to_left_ = text.text.isRightToLeft();
  layout_.setText(text.text);
  layout_.setFont(font);
  layout_.setCacheEnabled(true);
  QList<QTextLayout::FormatRange> formats;
  if (color != style.text) {
    QTextCharFormat format;
    format.setForeground(color);
    formats.append({0, length(), format});
  }
  for (const Span& span : text.spans)
    formats.append({static_cast<int>(span.start), static_cast<int>(span.length), format_of(span, font, style)});
  layout_.setFormats(formats);
}

void InlineLayout::set_width(qreal width, Qt::Alignment alignment) {
  width = std::max<qreal>(width, 8);
  if (width == width_ && alignment == alignment_) return;
  width_ = width;
  alignment_ = alignment;
  QTextOption option;
  option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  option.setTextDirection(right_to_left_ ? Qt::RightToLeft : Qt::LeftToRight);
  // QTextLayout takes left and right literally; text that runs the other way starts at the other side.
  option.setAlignment(right_to_left_ && alignment == Qt::AlignLeft ? Qt::AlignRight : alignment);
  layout_.setTextOption(option);
  layout_.beginLayout();
  qreal y = 0;
  used_width_ = 0;
  for (QTextLine line = layout_.createLine(); line.isValid(); line = layout_.createLine()) {
    line.setLineWidth(width);
    line.setPosition(QPointF(0, y + line_spacing_ / 2));
    used_width_ = std::max(used_width_, line.naturalTextWidth());
    y += line.height() + line_spacing_;
  }
  layout_.endLayout();
  height_ = y;
}

qreal InlineLayout::natural_width() {
  set_width(1e6, Qt::AlignLeft);
  return used_width_;
}

qreal InlineLayout::first_baseline() const {
  if (layout_.lineCount() == 0) return 0;
  return layout_.lineAt(0).y() + layout_.lineAt(0).ascent();
}

int InlineLayout::position_at(QPointF point) const {
  for (int i = 0; i < layout_.lineCount(); ++i) {
    const QTextLine line = layout_.lineAt(i);
    if (point.y() >= line.y() + line.height() + line_spacing_ / 2 && i + 1 < layout_.lineCount()) continue;
    return std::clamp(line.xToCursor(point.x()), 0, length());
  }
  return 0;
}

QString InlineLayout::link_at(QPointF point) const {
  if (text_.links.isEmpty()) return {};
  for (int i = 0; i < layout_.lineCount(); ++i) {
    const QTextLine line = layout_.lineAt(i);
    if (!line.naturalTextRect().contains(point)) continue;
    const int at = line.xToCursor(point.x(), QTextLine::CursorOnCharacter);
    for (const Span& span : text_.spans)
      if (span.link >= 0 && at >= span.start && at < span.start + span.length) return text_.links.value(span.link);
  }
  return {};
}

void InlineLayout::paint(QPainter& painter, QPointF at, Range selection, const RenderStyle& style) const {
  painter.setPen(style.text);
  QList<QTextLayout::FormatRange> selections;
  if (!selection.empty()) {
    QTextCharFormat format;
    format.setBackground(style.selection);
    selections.append({selection.from, selection.to - selection.from, format});
  }
  layout_.draw(&painter, at, selections);
}

TextBlockLayout::TextBlockLayout(const Block& block, const RenderStyle& style) : style_(style) {
  update(block);
}

void TextBlockLayout::update(const Block& block) {
  const bool heading = block.kind == BlockKind::heading;
  const bool done = !block.containers.isEmpty() && block.containers.last().task == Container::Task::done;
  text_.set_text(block.text, heading ? style_.heading(block.level) : style_.body,
                 done || (heading && block.level > 4) ? style_.secondary : style_.text, style_);
}

QString TextBlockLayout::text(Range range) const {
  return text_.content().text.mid(range.from, range.to - range.from).replace(QChar::LineSeparator, QLatin1Char('\n'));
}

void TextBlockLayout::paint(QPainter& painter, const QRectF&, Range selection) const {
  text_.paint(painter, {0, 0}, selection, style_);
}

}  // namespace diptych::markdown
