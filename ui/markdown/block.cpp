#include "ui/markdown/block.h"

namespace diptych::markdown {

QString plain_text(const Block& block) {
  switch (block.kind) {
    case BlockKind::code:
      return block.code;
    case BlockKind::rule:
      return {};
    case BlockKind::table: {
      QStringList lines;
      for (const QList<InlineText>& row : block.rows) {
        QStringList cells;
        for (const InlineText& cell : row) cells << cell.text;
        lines << cells.join(QLatin1Char('\t'));
      }
      return lines.join(QLatin1Char('\n')).replace(QChar::LineSeparator, QLatin1Char(' '));
    }
    case BlockKind::paragraph:
    case BlockKind::heading:
      break;
  }
  QString text = block.text.text;
  return text.replace(QChar::LineSeparator, QLatin1Char('\n'));
}

}  // namespace diptych::markdown
