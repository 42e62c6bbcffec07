// Finding words in the conversation that is shown.
#include <QScrollBar>

#include "ui/panels/chat/message_view.h"

namespace diptych::chat {
namespace {

// Markdown's marks stand between letters that are read as one word; what is left decides whether a layout is worth it.
QString without_marks(QString text) {
  return text.remove(QLatin1Char('*')).remove(QLatin1Char('_')).remove(QLatin1Char('`')).remove(QLatin1Char('~'));
}

}  // namespace

int MessageView::find(const QString& words) {
  matches_.clear();
  const QString bare = without_marks(words);
  for (int i = 0; !words.isEmpty() && i < static_cast<int>(rows_.size()); ++i) {
    const Message& message = *model_->message(i);
    if (!bare.isEmpty() && !without_marks(message.text).contains(bare, Qt::CaseInsensitive)) continue;
    Row& row = *rows_[i];
    if (!row.item.laid_out() || row.dirty) {
      row.item.update(message, column_width());
      row.dirty = false;
    }
    // Block by block: what a copy puts between blocks has no position of its own.
    const markdown::DocumentLayout& body = row.item.body();
    const int size = static_cast<int>(words.size());
    for (int start = 0; start <= body.length();) {
      const markdown::Range block = body.block_at(start);
      const QString text = body.text(block);
      for (qsizetype at = 0; (at = text.indexOf(words, at, Qt::CaseInsensitive)) >= 0; at += size)
        matches_.push_back({message.id, block.from + static_cast<int>(at), block.from + static_cast<int>(at) + size});
      start = block.to + 1;
    }
  }
  relayout();  // estimated heights became real ones
  place_widgets();
  return static_cast<int>(matches_.size());
}

// The nearest one that is not above what is seen.
int MessageView::match_in_view() const {
  const int first = first_visible_row();
  for (size_t i = 0; i < matches_.size(); ++i)
    if (model_->row_of(matches_[i].id) >= first) return static_cast<int>(i);
  return matches_.empty() ? -1 : 0;
}

void MessageView::show_match(int index) {
  if (index < 0 || index >= static_cast<int>(matches_.size())) return;
  const Selection match = matches_[static_cast<size_t>(index)];
  const int number = model_->row_of(match.id);
  if (number < 0) return;
  Row& row = *rows_[number];
  if (!row.item.laid_out()) row.item.update(*model_->message(number), column_width());
  following_ = false;
  relayout();
  // Positions grow downwards: halving finds the line of the first letter.
  const markdown::DocumentLayout& body = row.item.body();
  qreal low = 0, high = body.height();
  while (high - low > 2) {
    const qreal middle = (low + high) / 2;
    (body.position_at({body.width(), middle}) <= match.anchor ? low : high) = middle;
  }
  const int y = row.top + static_cast<int>(row.item.body_origin().y() + high);
  const int line = 40;  // px above and below that should be seen too
  QScrollBar* bar = verticalScrollBar();
  if (y - line < bar->value() || y + line > bar->value() + viewport()->height())
    bar->setValue(y - viewport()->height() / 3);
  selection_ = match;
  dirty_from_ = 0;
  schedule();
  viewport()->update();
}

void MessageView::clear_matches() {
  matches_.clear();
  selection_ = {};
  viewport()->update();
}

}  // namespace diptych::chat
