#include "ui/markdown/entity.h"

#include <QTextDocumentFragment>

namespace diptych::markdown {

QString decode_entity(QByteArrayView entity) {
  const QString written = QString::fromUtf8(entity);
  if (entity.startsWith("&#") && entity.size() > 3) {
    const bool hex = entity[2] == 'x' || entity[2] == 'X';
    bool ok = false;
    const QByteArray digits = entity.sliced(hex ? 3 : 2).chopped(1).toByteArray();
    const char32_t code = digits.toUInt(&ok, hex ? 16 : 10);
    const bool valid = ok && code != 0 && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
    return valid ? QString::fromUcs4(&code, 1) : QString(QChar::ReplacementCharacter);
  }
  // Qt's HTML parser has the whole table of names; entities are rare enough for its price. Spaces must survive it.
  if (written == QLatin1String("&nbsp;")) return QString(QChar::Nbsp);
  const QString text = QTextDocumentFragment::fromHtml(written).toPlainText();
  return text.isEmpty() ? written : text;
}

}  // namespace diptych::markdown
