#include "ui/panels/chat/chat_style.h"

#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::chat {

ChatStyle make_chat_style() {
  ChatStyle style;
  style.palette = ui::theme_palette();
  const ui::Palette& palette = style.palette;
  markdown::RenderStyle& answer = style.answer;
  answer.body = ui::text_font(ui::TextSize::reading);
  answer.mono = ui::monospace(ui::TextSize::body);
  answer.text = palette.text;
  answer.secondary = palette.secondary;
  answer.accent = palette.accent;
  answer.surface = palette.surface;
  answer.raised = palette.raised;
  answer.border = palette.border;
  answer.selection = palette.selection;
  // Code: the theme's colours where it has them; the two others are as far from `raised` (a test measures it).
  answer.keyword = palette.accent;
  answer.type = palette.dark ? QColor(0x6CC5D6) : QColor(0x00677A);
  answer.number = palette.warning;
  answer.string = palette.positive;
  answer.comment = palette.secondary;
  answer.function = palette.dark ? QColor(0xC79BF0) : QColor(0x7A3FA6);
  answer.added = palette.positive;
  answer.removed = palette.danger;

  style.thinking = answer;
  style.thinking.body = ui::text_font(ui::TextSize::body);
  style.thinking.text = style.thinking.secondary;
  style.thinking.line_spacing = 4;
  return style;
}

}  // namespace diptych::chat
