#include "ui/panels/chat/chat_style.h"

#include <QFontDatabase>
#include <QGuiApplication>
#include <QPalette>

namespace diptych::chat {

ChatStyle make_chat_style() {
  const QPalette palette = QGuiApplication::palette();
  const bool dark = palette.color(QPalette::Window).lightness() < 128;
  const auto pick = [dark](const char* light_color, const char* dark_color) {
    return QColor(QLatin1String(dark ? dark_color : light_color));
  };
  ChatStyle style;
  style.background = pick("#FAFAF8", "#151517");
  style.surface = pick("#FFFFFF", "#1D1D20");
  style.raised = pick("#F3F3F0", "#26262A");
  style.border = pick("#E3E3DF", "#303036");
  style.text = pick("#1C1C1A", "#ECECEA");
  style.secondary = pick("#65655F", "#A0A0A6");
  style.accent = pick("#3451C7", "#8EA2FF");
  style.warning = pick("#A35200", "#F2A65A");
  style.danger = pick("#B42323", "#FF7B72");

  markdown::RenderStyle& answer = style.answer;
  answer.body = QGuiApplication::font();
  answer.body.setPixelSize(15);
  answer.mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  answer.mono.setPixelSize(13);
  answer.text = style.text;
  answer.secondary = style.secondary;
  answer.accent = style.accent;
  answer.surface = style.surface;
  answer.raised = style.raised;
  answer.border = style.border;
  answer.selection = pick("#C9D3FA", "#37427A");
  // Code: the palette's own colours where they exist, checked for 4.5:1 on `raised` in both themes.
  answer.keyword = pick("#3451C7", "#8EA2FF");
  answer.type = pick("#00677A", "#6CC5D6");
  answer.number = pick("#A35200", "#F2A65A");
  answer.string = pick("#2B7A3D", "#69C080");
  answer.comment = pick("#65655F", "#A0A0A6");
  answer.function = pick("#7A3FA6", "#C79BF0");
  answer.added = pick("#2B7A3D", "#69C080");
  answer.removed = pick("#B42323", "#FF7B72");

  style.thinking = answer;
  style.thinking.body.setPixelSize(13);
  style.thinking.text = style.secondary;
  style.thinking.line_spacing = 4;
  return style;
}

}  // namespace diptych::chat
