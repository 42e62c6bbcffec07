#include "ui/panels/create/prompt_highlighter.h"

#include <QTextDocument>
#include <algorithm>

#include "ui/theme/theme.h"

namespace diptych::create {

PromptHighlighter::PromptHighlighter(QTextDocument* document) : QSyntaxHighlighter(document) {
  // A bracket may have its partner in another line, which is not coloured again by itself.
  connect(document, &QTextDocument::contentsChanged, this, [this] {
    if (this->document()->toPlainText() == text_) return;
    read_again();
    rehighlight();
  });
}

void PromptHighlighter::read_again() {
  text_ = document()->toPlainText();
  spans_ = prompt_spans(text_);
}

void PromptHighlighter::refresh_colours() {
  rehighlight();
}

QTextCharFormat PromptHighlighter::format_of(PromptKind kind) {
  const ui::Palette& palette = ui::theme_palette();
  QTextCharFormat format;
  switch (kind) {
    case PromptKind::bracket:
      format.setForeground(palette.accent);
      break;
    case PromptKind::weight:
    case PromptKind::schedule:
      format.setForeground(palette.warning);
      break;
    case PromptKind::choice:
    case PromptKind::keyword:
      format.setForeground(palette.accent);
      format.setFontWeight(QFont::DemiBold);
      break;
    case PromptKind::adapter:
      format.setForeground(palette.positive);
      break;
    case PromptKind::escape:
      format.setForeground(palette.secondary);
      break;
    case PromptKind::unbalanced:
      format.setForeground(palette.danger);
      format.setUnderlineColor(palette.danger);
      format.setUnderlineStyle(QTextCharFormat::SpellCheckUnderline);
      break;
  }
  return format;
}

void PromptHighlighter::highlightBlock(const QString& text) {
  const qsizetype first = currentBlock().position();
  const qsizetype last = first + text.size();
  for (const PromptSpan& span : spans_) {
    const qsizetype from = std::max(span.start, first), to = std::min(span.end(), last);
    if (from < to) setFormat(static_cast<int>(from - first), static_cast<int>(to - from), format_of(span.kind));
  }
}

}  // namespace diptych::create
