#include "ui/panels/create/prompt_word.h"

namespace diptych::create {

QString prompt_with_word(const QString& prompt, const QString& word) {
  if (prompt.contains(word, Qt::CaseInsensitive)) return prompt;
  QString before = prompt;
  while (!before.isEmpty() && (before.back().isSpace() || before.back() == QLatin1Char(','))) before.chop(1);
  return before.isEmpty() ? QStringLiteral("a photo of ") + word : before + QStringLiteral(", ") + word;
}

}  // namespace diptych::create
