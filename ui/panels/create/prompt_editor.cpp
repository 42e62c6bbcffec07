#include "ui/panels/create/prompt_editor.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QMimeData>
#include <QStringListModel>
#include <QTextBlock>
#include <algorithm>

#include "ui/panels/create/prompt_highlighter.h"
#include "ui/panels/create/prompt_weight.h"
#include "ui/theme/typography.h"

namespace diptych::create {
namespace {

constexpr int field_margin = 4;  // px around the text, besides the document's own

}  // namespace

PromptEditor::PromptEditor(int least_lines, int most_lines, QWidget* parent)
    : QPlainTextEdit(parent),
      least_lines_(least_lines),
      most_lines_(most_lines),
      highlighter_(new PromptHighlighter(document())),
      adapters_(new QStringListModel(this)),
      completer_(new QCompleter(adapters_, this)) {
  setTabChangesFocus(true);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFont(ui::text_font(ui::TextSize::body));
  document()->setDocumentMargin(4);
  setViewportMargins(field_margin, field_margin, field_margin, field_margin);
  viewport()->setAutoFillBackground(false);
  completer_->setWidget(this);
  completer_->setCompletionMode(QCompleter::PopupCompletion);
  completer_->setCaseSensitivity(Qt::CaseInsensitive);
  completer_->setFilterMode(Qt::MatchContains);
  completer_->popup()->setAccessibleName(tr("Adapters"));
  connect(completer_, qOverload<const QString&>(&QCompleter::activated), this, &PromptEditor::insert_completion);
  connect(this, &QPlainTextEdit::textChanged, this, [this] {
    if (text() == known_) return;
    known_ = text();
    fit_height();
    emit edited(known_);
  });
  fit_height();
}

void PromptEditor::set_text(const QString& text) {
  if (text == this->text()) return;
  known_ = text;  // what the program sets is no edit
  setPlainText(text);
  fit_height();
  moveCursor(QTextCursor::End);
}

void PromptEditor::set_adapters(const QStringList& names) {
  adapters_->setStringList(names);
}

bool PromptEditor::event(QEvent* event) {
  // Ctrl+Enter and Ctrl+Up are ours, whatever the window has them for.
  if (event->type() == QEvent::ShortcutOverride) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool ours =
        key->modifiers() == Qt::ControlModifier && (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter ||
                                                    key->key() == Qt::Key_Up || key->key() == Qt::Key_Down);
    if (ours) {
      event->accept();
      return true;
    }
  }
  return QPlainTextEdit::event(event);
}

void PromptEditor::keyPressEvent(QKeyEvent* event) {
  const bool popup = completer_->popup()->isVisible();
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (popup && (enter || event->key() == Qt::Key_Tab || event->key() == Qt::Key_Escape)) {
    event->ignore();  // the popup's
    return;
  }
  if (event->modifiers() == Qt::ControlModifier && enter) {
    emit generate_requested();
    return;
  }
  if (event->modifiers() == Qt::ControlModifier && (event->key() == Qt::Key_Up || event->key() == Qt::Key_Down)) {
    change_weight(event->key() == Qt::Key_Up ? 1 : -1);
    return;
  }
  if (event->key() == Qt::Key_Escape) {
    event->ignore();  // the window's: stops what runs
    return;
  }
  QPlainTextEdit::keyPressEvent(event);
  if (!event->text().isEmpty()) complete();
}

void PromptEditor::change_weight(int direction) {
  QTextCursor cursor = textCursor();
  const PromptEdit edit = create::change_weight(text(), cursor.selectionStart(), cursor.selectionEnd(), direction);
  if (edit.empty()) return;
  cursor.beginEditBlock();
  cursor.setPosition(static_cast<int>(edit.from));
  cursor.setPosition(static_cast<int>(edit.to), QTextCursor::KeepAnchor);
  cursor.insertText(edit.text);
  cursor.endEditBlock();
  cursor.setPosition(static_cast<int>(edit.select_from));
  cursor.setPosition(static_cast<int>(edit.select_to), QTextCursor::KeepAnchor);
  setTextCursor(cursor);
}

void PromptEditor::complete() {
  const auto name = open_adapter_name(QStringView(text()).left(textCursor().position()));
  if (!name) {
    completer_->popup()->hide();
    return;
  }
  completer_->setCompletionPrefix(*name);
  if (completer_->completionCount() == 0) {
    completer_->popup()->hide();
    return;
  }
  completer_->popup()->setCurrentIndex(completer_->completionModel()->index(0, 0));
  QRect at = cursorRect();
  at.translate(field_margin, field_margin);
  at.setWidth(std::max(200, completer_->popup()->sizeHintForColumn(0) + 32));
  completer_->complete(at);
}

void PromptEditor::insert_completion(const QString& name) {
  QTextCursor cursor = textCursor();
  const auto written = open_adapter_name(QStringView(text()).left(cursor.position()));
  if (!written) return;
  cursor.movePosition(QTextCursor::Left, QTextCursor::KeepAnchor, static_cast<int>(written->size()));
  cursor.insertText(name + QStringLiteral(":1>"));
  setTextCursor(cursor);
}

void PromptEditor::fit_height() {
  int lines = 0;
  for (QTextBlock block = document()->begin(); block.isValid(); block = block.next())
    lines += std::max(1, block.layout() ? block.layout()->lineCount() : 1);
  const int shown = std::clamp(lines, least_lines_, most_lines_);
  const int height =
      shown * fontMetrics().lineSpacing() + 2 * static_cast<int>(document()->documentMargin()) + 2 * field_margin + 2;
  setVerticalScrollBarPolicy(lines > most_lines_ ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
  if (height != minimumHeight() || height != maximumHeight()) setFixedHeight(height);
}

void PromptEditor::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  fit_height();
}

void PromptEditor::changeEvent(QEvent* event) {
  QPlainTextEdit::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) highlighter_->refresh_colours();
}

// Pictures dropped on the prompt belong to the panel around it.
bool PromptEditor::canInsertFromMimeData(const QMimeData* source) const {
  return source->hasText() && !source->hasImage() && !source->hasUrls();
}

}  // namespace diptych::create
