// The chat's colours and fonts, made from the application's palette.
#pragma once

#include <QColor>
#include <QString>

#include "ui/markdown/render_style.h"

namespace diptych::chat {

struct ChatStyle {
  QColor background, surface, raised, border, text, secondary, accent, warning, danger;
  markdown::RenderStyle answer;    // of answers and the user's messages
  markdown::RenderStyle thinking;  // smaller and quieter
};

QString chat_style_sheet(const ChatStyle& style);  // of the panel's widgets

ChatStyle make_chat_style();  // for the palette and font that the application has now

inline constexpr int text_column_width = 760;  // px, at most

}  // namespace diptych::chat
