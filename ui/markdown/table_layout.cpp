#include "ui/markdown/table_layout.h"

#include <QCoreApplication>
#include <algorithm>
#include <numeric>

namespace diptych::markdown {
namespace {

constexpr qreal pad_x = 12;
constexpr qreal pad_y = 4;
constexpr qreal note_height = 28;

}  // namespace

std::vector<qreal> share_width(std::vector<qreal> natural, qreal available) {
  if (std::accumulate(natural.begin(), natural.end(), 0.0) <= available) return natural;
  std::vector<qreal> sorted = natural;
  std::sort(sorted.begin(), sorted.end());
  // The limit at which narrower columns keep their width and the others all get the limit.
  qreal left = available;
  qreal limit = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    limit = left / static_cast<qreal>(sorted.size() - i);
    if (sorted[i] > limit) break;
    left -= sorted[i];
  }
  for (qreal& width : natural) width = std::min(width, std::max<qreal>(limit, 8));
  return natural;
}

TableLayout::TableLayout(const Block& block, const RenderStyle& style) : style_(style) {
  update(block);
}

void TableLayout::update(const Block& block) {
  const qsizetype columns = std::max<qsizetype>(1, block.alignments.size());
  const qsizetype shown = std::min(block.rows.size(), std::max<qsizetype>(1, max_cells / columns));
  hidden_rows_ = block.rows.size() - shown;
  rows_.resize(static_cast<size_t>(shown));
  text_.clear();
  QFont header = style_.body;
  header.setPixelSize(13);
  QFont body = header;
  header.setWeight(QFont::DemiBold);
  for (size_t r = 0; r < rows_.size(); ++r) {
    const QList<InlineText>& cells = block.rows[static_cast<qsizetype>(r)];
    Row& row = rows_[r];
    const bool known = row.cells.size() == static_cast<size_t>(columns) &&
                       static_cast<qsizetype>(r) < block_.rows.size() &&
                       block_.rows[static_cast<qsizetype>(r)] == cells;
    if (!known) {
      row.cells = std::vector<InlineLayout>(static_cast<size_t>(columns));
      row.natural.assign(static_cast<size_t>(columns), 0);
      row.starts.assign(static_cast<size_t>(columns), 0);
    }
    for (size_t c = 0; c < row.cells.size(); ++c) {
      const InlineText cell = cells.value(static_cast<qsizetype>(c));
      row.starts[c] = static_cast<int>(text_.size());
      text_ += cell.text;
      text_ += c + 1 < row.cells.size() ? QLatin1Char('\t') : QLatin1Char('\n');
      if (known) continue;
      row.cells[c].set_text(cell, r == 0 ? header : body, style_.text, style_);
      row.natural[c] = std::ceil(row.cells[c].natural_width()) + 1;
    }
  }
  if (text_.endsWith(QLatin1Char('\n'))) text_.chop(1);
  text_.replace(QChar::LineSeparator, QLatin1Char(' '));
  block_ = block;
}

void TableLayout::set_width(qreal width) {
  const size_t columns = rows_.empty() ? 0 : rows_[0].cells.size();
  std::vector<qreal> natural(columns, 0);
  for (const Row& row : rows_)
    for (size_t c = 0; c < columns; ++c) natural[c] = std::max(natural[c], row.natural[c]);
  widths_ = share_width(natural, width - 2 * pad_x * static_cast<qreal>(columns));
  width_ = std::accumulate(widths_.begin(), widths_.end(), 2 * pad_x * static_cast<qreal>(columns));
  qreal y = 0;
  for (Row& row : rows_) {
    row.y = y;
    qreal tallest = 0;
    for (size_t c = 0; c < columns; ++c) {
      row.cells[c].set_width(widths_[c], block_.alignments.value(static_cast<qsizetype>(c), Qt::AlignLeft));
      tallest = std::max(tallest, row.cells[c].height());
    }
    row.height = tallest + 2 * pad_y;
    y += row.height;
  }
  height_ = y + (hidden_rows_ > 0 ? note_height : 0);
}

qreal TableLayout::column_x(size_t column) const {
  return std::accumulate(widths_.begin(), widths_.begin() + static_cast<std::ptrdiff_t>(column), 0.0) +
         2 * pad_x * static_cast<qreal>(column);
}

TableLayout::Place TableLayout::place_at(QPointF point) const {
  Place place;
  while (place.row + 1 < rows_.size() && point.y() >= rows_[place.row + 1].y) ++place.row;
  while (place.column + 1 < widths_.size() && point.x() >= column_x(place.column + 1)) ++place.column;
  if (!rows_.empty()) place.point = point - QPointF(column_x(place.column) + pad_x, rows_[place.row].y + pad_y);
  return place;
}

int TableLayout::position_at(QPointF point) const {
  if (rows_.empty() || widths_.empty()) return 0;
  const Place place = place_at(point);
  const Row& row = rows_[place.row];
  return row.starts[place.column] + row.cells[place.column].position_at(place.point);
}

QString TableLayout::link_at(QPointF point) const {
  if (rows_.empty() || widths_.empty()) return {};
  const Place place = place_at(point);
  return rows_[place.row].cells[place.column].link_at(place.point);
}

void TableLayout::paint(QPainter& painter, const QRectF& clip, Range selection) const {
  const QRectF frame(0.5, 0.5, width_ - 1, height_ - (hidden_rows_ > 0 ? note_height : 0) - 1);
  for (size_t r = 0; r < rows_.size(); ++r) {
    const Row& row = rows_[r];
    if (row.y + row.height < clip.top() || row.y > clip.bottom()) continue;
    if (r == 0) painter.fillRect(QRectF(1, 1, width_ - 2, row.height - 1), style_.raised);
    for (size_t c = 0; c < row.cells.size(); ++c) {
      const Range range{std::max(selection.from - row.starts[c], 0),
                        std::min(selection.to - row.starts[c], row.cells[c].length())};
      row.cells[c].paint(painter, {column_x(c) + pad_x, row.y + pad_y}, range, style_);
    }
    painter.setPen(style_.border);
    if (r > 0) painter.drawLine(QPointF(1, row.y - 0.5), QPointF(width_ - 1, row.y - 0.5));
  }
  painter.setPen(style_.border);
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(frame, 4, 4);
  if (hidden_rows_ == 0) return;
  painter.setPen(style_.secondary);
  painter.setFont(style_.body);
  painter.drawText(QRectF(0, height_ - note_height, width_, note_height), Qt::AlignVCenter,
                   QCoreApplication::translate("TableLayout", "… %n more row(s); copy the message to have them all",
                                               nullptr, static_cast<int>(hidden_rows_)));
}

}  // namespace diptych::markdown
