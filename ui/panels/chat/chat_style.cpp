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

QString chat_style_sheet(const ChatStyle& style) {
  QString sheet = QStringLiteral(R"(
#chatPanel, #chatContent { background: @background; }
#conversationPane { background: @surface; border-right: 1px solid @border; }
#conversationList { background: transparent; }
#inspector { background: @surface; border-left: 1px solid @border; }
#inspectorPage { background: @surface; }
#sectionTitle { color: @text; font-weight: 600; }
#emptyTitle { font-size: 20px; color: @text; }
#emptyText, #emptyList { color: @secondary; }
#messageStats, #branchLabel, #contextLabel, #modelDetail { color: @secondary; font-size: 11px; }
#thinkingHeader { color: @secondary; font-size: 13px; border: none; padding: 4px 8px 4px 0px; text-align: left; }
#thinkingHeader:hover { color: @text; }
#messageNotice { background: @raised; border: 1px solid @border; border-radius: 8px; }
#messageNoticeText { color: @warning; }
#chatNotice { background: @raised; border: 1px solid @border; border-radius: 8px; padding: 8px 12px; color: @danger; }
#codeCopy { color: @secondary; font-size: 11px; border: none; padding: 2px 8px; }
#codeCopy:hover { color: @text; }
#jumpToEnd { background: @surface; color: @text; border: 1px solid @border; border-radius: 15px; padding: 6px 12px; }
#jumpToEnd:hover { background: @raised; }
#composerBox { background: @surface; border: 1px solid @border; border-radius: 12px; }
#composerEdit { background: transparent; border: none; font-size: 15px; color: @text; }
#blockedReason, #editingLabel { color: @secondary; }
#sendButton { background: @accent; border: none; border-radius: 8px; }
#sendButton:disabled { background: @raised; }
#undoBar { background: @raised; border: 1px solid @border; border-radius: 8px; }
#modelButton { font-size: 13px; font-weight: 600; padding: 4px 8px; border: none; border-radius: 8px; color: @text; }
#modelButton:hover { background: @raised; }
#modelPopup { background: @surface; border: 1px solid @border; border-radius: 8px; }
#modelList { background: transparent; }
#contextMeter { background: @border; border: none; border-radius: 2px; }
#chatPanel QScrollBar:vertical { background: transparent; border: none; width: 10px; margin: 0; }
#chatPanel QScrollBar::handle:vertical { background: @handle; border-radius: 3px; margin: 2px; min-height: 32px; }
#chatPanel QScrollBar::add-line:vertical, #chatPanel QScrollBar::sub-line:vertical { height: 0; }
#chatPanel QScrollBar::add-page:vertical, #chatPanel QScrollBar::sub-page:vertical { background: transparent; }
#contextMeter::chunk { background: @accent; border-radius: 2px; }
)");
  const QList<std::pair<QString, QColor>> roles{
      {"@background", style.background}, {"@surface", style.surface},  {"@raised", style.raised},
      {"@border", style.border},         {"@text", style.text},        {"@secondary", style.secondary},
      {"@accent", style.accent},         {"@handle", style.secondary}, {"@warning", style.warning},
      {"@danger", style.danger}};
  for (const auto& [role, color] : roles) sheet.replace(role, color.name());
  return sheet;
}

}  // namespace diptych::chat
