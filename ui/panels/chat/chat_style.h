// Fonts and colours of rendered messages, from the theme.
#pragma once

#include "ui/markdown/render_style.h"
#include "ui/theme/palette.h"

namespace diptych::chat {

struct ChatStyle {
  ui::Palette palette;
  markdown::RenderStyle answer;    // of answers and the user's messages
  markdown::RenderStyle thinking;  // smaller and quieter
};

ChatStyle make_chat_style();  // for the theme that the application shows now

inline constexpr int text_column_width = 760;  // px, at most

}  // namespace diptych::chat
