#include "ui/markdown/render_style.h"

namespace diptych::markdown {

QColor RenderStyle::token(TokenKind kind) const {
  switch (kind) {
    case TokenKind::keyword:
      return keyword;
    case TokenKind::type:
      return type;
    case TokenKind::number:
      return number;
    case TokenKind::string:
      return string;
    case TokenKind::comment:
      return comment;
    case TokenKind::function:
      return function;
    case TokenKind::added:
      return added;
    case TokenKind::removed:
      return removed;
    case TokenKind::heading:
      return accent;
    case TokenKind::text:
      break;
  }
  return text;
}

QFont RenderStyle::heading(int level) const {
  QFont font = body;
  font.setPixelSize(level == 1 ? 20 : level <= 3 ? 15 : 13);
  font.setWeight(level <= 2 ? QFont::Bold : QFont::DemiBold);
  return font;
}

}  // namespace diptych::markdown
