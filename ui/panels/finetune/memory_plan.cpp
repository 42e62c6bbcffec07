#include "ui/panels/finetune/memory_plan.h"

#include <QPainter>
#include <algorithm>

#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/memory_gauge.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {
namespace {

constexpr int bar_height = 20, gap = 10, line_height = 22, mark = 12;

}  // namespace

MemoryPlan::MemoryPlan(QWidget* parent) : QWidget(parent) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  setAccessibleName(tr("Predicted memory by owner"));
}

void MemoryPlan::set_shares(const QList<ui::MemoryShare>& shares, double others, double capacity) {
  entries_.clear();
  capacity_ = capacity;
  total_ = others;
  QList<ui::MemoryShare> all = shares;
  if (others > 0) all << ui::MemoryShare{ui::MemoryOwner::other_programs, others};
  QStringList said;
  for (const ui::MemoryShare& share : all) {
    if (share.bytes <= 0) continue;
    if (share.owner != ui::MemoryOwner::other_programs) total_ += share.bytes;
    const QString text = QStringLiteral("%1 %2").arg(ui::memory_owner_name(share.owner), ui::format_bytes(share.bytes));
    entries_ << Entry{share, text};
    said << text;
  }
  setAccessibleDescription(
      tr("%1; the machine has %2").arg(said.join(QStringLiteral(", ")), ui::format_bytes(capacity)));
  setToolTip(accessibleDescription());
  updateGeometry();
  update();
}

int MemoryPlan::lay_out(int width, QList<QRect>* places) const {
  const QFontMetrics metrics(ui::text_font(ui::TextSize::caption));
  int x = 0, y = bar_height + gap;
  for (const Entry& entry : entries_) {
    const int wide = mark + 6 + metrics.horizontalAdvance(entry.text) + 16;
    if (x > 0 && x + wide > width) x = 0, y += line_height;
    if (places) *places << QRect(x, y, wide, line_height);
    x += wide;
  }
  return y + (entries_.isEmpty() ? 0 : line_height);
}

int MemoryPlan::heightForWidth(int width) const {
  return lay_out(width, nullptr);
}

void MemoryPlan::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  QList<ui::MemoryShare> shares;
  for (const Entry& entry : entries_) shares << entry.share;
  // What does not fit is not cut off: the bar grows, and a line shows where the memory ends.
  const double whole = std::max(capacity_, total_ * 1.02);
  const QRectF bar(0, 0, width(), bar_height);
  ui::paint_memory_bar(painter, bar, shares, whole);
  if (capacity_ > 0 && whole > capacity_) {
    const qreal x = bar.width() * capacity_ / whole;
    painter.setPen(QPen(palette.danger, 2));
    painter.drawLine(QPointF(x, -1), QPointF(x, bar_height + 4));
  }
  QList<QRect> places;
  lay_out(width(), &places);
  painter.setFont(ui::text_font(ui::TextSize::caption));
  for (qsizetype i = 0; i < entries_.size(); ++i) {
    const QRect place = places[i];
    const QRectF box(place.x(), place.center().y() - mark / 2.0 + 1, mark, mark);
    const ui::MemoryShare& share = entries_[i].share;
    ui::paint_memory_bar(painter, box, {{share.owner, 1}}, 1);
    painter.setPen(palette.secondary);
    painter.drawText(place.adjusted(mark + 6, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, entries_[i].text);
  }
}

}  // namespace diptych::finetune
