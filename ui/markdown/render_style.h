// Fonts and colours of rendered Markdown; the theme fills one of these.
#pragma once

#include <QColor>
#include <QFont>

#include "ui/markdown/highlight.h"

namespace diptych::markdown {

struct RenderStyle {
  QFont body;
  QFont mono;
  QColor text, secondary, accent, surface, raised, border, selection;
  QColor keyword, type, number, string, comment, function, added, removed;
  qreal line_spacing = 5;  // px between lines of running text

  QColor token(TokenKind kind) const;
  QFont heading(int level) const;
};

}  // namespace diptych::markdown
