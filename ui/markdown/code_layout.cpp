#include "ui/markdown/code_layout.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <algorithm>

namespace diptych::markdown {
namespace {

constexpr qreal padding = 12;
constexpr qreal radius = 8;
constexpr int max_tab = 4;

bool is_ascii(QStringView text) {
  return std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() < 0x7F && c != QLatin1Char('\t'); });
}

}  // namespace

CodeLayout::CodeLayout(const Block& block, const RenderStyle& style) : style_(style) {
  const QFontMetricsF metrics(style_.mono);
  line_height_ = std::ceil(metrics.height() + 3);
  advance_ = metrics.horizontalAdvance(QLatin1Char('0'));
  update(block);
}

void CodeLayout::update(const Block& block) {
  const Language* language = find_language(block.language);
  const bool relex = language != language_;
  language_ = language;
  label_ = language_label(block.language);
  code_ = block.code;
  size_t count = 0;
  LexState state = 0;
  int start = 0;
  bool same = !relex;
  for (const QStringView text : QStringView(code_).split(QLatin1Char('\n'))) {
    same = same && count < lines_.size() && lines_[count].text == text && lines_[count].state_in == state;
    if (!same) {
      if (count < lines_.size()) lines_.resize(count);
      measured_ = std::min(measured_, count);
      Line line;
      line.start = start;
      line.text = text.toString();
      line.state_in = state;
      if (language_) line.tokens = highlight_line(*language_, line.text, state);
      line.state_out = state;
      lines_.push_back(std::move(line));
    }
    state = lines_[count].state_out;
    start += static_cast<int>(text.size()) + 1;
    ++count;
  }
  lines_.resize(count);
  measured_ = std::min(measured_, count);
}

bool CodeLayout::fits_on_one_line(const Line& line) const {
  return static_cast<qreal>(line.text.size()) * advance_ <= width_ - 2 * padding && is_ascii(line.text);
}

void CodeLayout::shape(const Line& line) const {
  if (line.layout) return;
  line.layout = std::make_unique<QTextLayout>(line.text, style_.mono);
  QTextOption option;
  option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  option.setTabStopDistance(advance_ * max_tab);
  option.setTextDirection(Qt::LeftToRight);
  line.layout->setTextOption(option);
  line.layout->setCacheEnabled(true);
  QList<QTextLayout::FormatRange> formats;
  for (const Token& token : line.tokens) {
    QTextCharFormat format;
    format.setForeground(style_.token(token.kind));
    if (token.kind == TokenKind::comment) format.setFontItalic(true);
    formats.append({token.start, token.length, format});
  }
  line.layout->setFormats(formats);
  line.layout->beginLayout();
  qreal y = 0;
  for (QTextLine row = line.layout->createLine(); row.isValid(); row = line.layout->createLine()) {
    row.setLineWidth(std::max<qreal>(width_ - 2 * padding, 8));
    row.setPosition({0, y + (line_height_ - row.height()) / 2});
    y += line_height_;
  }
  line.layout->endLayout();
}

void CodeLayout::set_width(qreal width) {
  if (width != width_) {
    width_ = width;
    measured_ = 0;
    for (Line& line : lines_) line.layout.reset();
  }
  qreal y = measured_ == 0 ? code_header_height + 4 : lines_[measured_ - 1].y + lines_[measured_ - 1].height;
  for (; measured_ < lines_.size(); ++measured_) {
    Line& line = lines_[measured_];
    line.y = y;
    if (fits_on_one_line(line)) {
      line.height = line_height_;
    } else {
      shape(line);
      line.height = line_height_ * std::max(1, line.layout->lineCount());
    }
    y += line.height;
  }
  height_ = y + padding;
}

qreal CodeLayout::first_baseline() const {
  return code_header_height / 2 + QFontMetricsF(style_.body).ascent() / 2;
}

size_t CodeLayout::line_at(qreal y) const {
  const auto after =
      std::upper_bound(lines_.begin(), lines_.end(), y, [](qreal at, const Line& line) { return at < line.y; });
  return after == lines_.begin() ? 0 : static_cast<size_t>(after - lines_.begin()) - 1;
}

int CodeLayout::position_at(QPointF point) const {
  if (lines_.empty()) return 0;
  const Line& line = lines_[line_at(point.y())];
  shape(line);
  const int row =
      std::clamp(static_cast<int>((point.y() - line.y) / line_height_), 0, std::max(0, line.layout->lineCount() - 1));
  if (line.layout->lineCount() == 0) return line.start;
  return line.start + line.layout->lineAt(row).xToCursor(point.x() - padding);
}

void CodeLayout::paint(QPainter& painter, const QRectF& clip, Range selection) const {
  painter.setPen(style_.border);
  painter.setBrush(style_.raised);
  painter.drawRoundedRect(QRectF(0.5, 0.5, width_ - 1, height_ - 1), radius, radius);
  painter.drawLine(QPointF(1, code_header_height - 0.5), QPointF(width_ - 1, code_header_height - 0.5));
  QFont small = style_.body;
  small.setPixelSize(11);
  painter.setFont(small);
  painter.setPen(style_.secondary);
  const QString label = label_.isEmpty() ? QCoreApplication::translate("CodeLayout", "Code") : label_;
  painter.drawText(QRectF(padding, 0, width_ / 2, code_header_height), Qt::AlignVCenter | Qt::AlignLeft, label);
  for (size_t i = line_at(clip.top()); i < lines_.size() && lines_[i].y < clip.bottom(); ++i) {
    const Line& line = lines_[i];
    shape(line);
    QList<QTextLayout::FormatRange> selections;
    const int from = std::max(selection.from - line.start, 0);
    const int to = std::min(selection.to - line.start, static_cast<int>(line.text.size()));
    if (to > from) {
      QTextCharFormat format;
      format.setBackground(style_.selection);
      selections.append({from, to - from, format});
    }
    painter.setPen(style_.text);
    line.layout->draw(&painter, {padding, line.y}, selections);
  }
}

}  // namespace diptych::markdown
