// Colours of the prompt's syntax, in the theme's palette.
#pragma once

#include <QSyntaxHighlighter>

#include "ui/panels/create/prompt_syntax.h"

namespace diptych::create {

class PromptHighlighter : public QSyntaxHighlighter {
  Q_OBJECT

 public:
  explicit PromptHighlighter(QTextDocument* document);

  void refresh_colours();
  static QTextCharFormat format_of(PromptKind kind);

 protected:
  void highlightBlock(const QString& text) override;

 private:
  void read_again();

  QString text_;  // that spans_ are of
  QList<PromptSpan> spans_;
};

}  // namespace diptych::create
