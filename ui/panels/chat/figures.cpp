#include "ui/panels/chat/figures.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>
#include <cmath>

#include "ui/widgets/quantity.h"

namespace diptych::chat {
namespace {

QString tr(const char* text, int n = -1) {
  return QCoreApplication::translate("Figures", text, nullptr, n);
}

const QString counter = QStringLiteral("●");

}  // namespace

QString format_duration(double milliseconds) {
  if (milliseconds < 999.5) return tr("%1 ms").arg(QLocale().toString(milliseconds, 'f', 0));
  const double seconds = milliseconds / 1000;
  if (seconds < 99.95) return tr("%1 s").arg(ui::format_number(seconds));
  const int whole = static_cast<int>(std::lround(seconds));
  return tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
}

QString format_tokens(int count) {
  return count == 1 ? tr("1 token") : tr("%1 tokens").arg(QLocale().toString(count));
}

QString stats_line(const Message& message) {
  QStringList parts;
  const MessageStats& stats = message.stats;
  if (stats.tokens_per_s) parts << counter + tr(" %1 t/s").arg(ui::format_number(*stats.tokens_per_s));
  if (stats.first_token_ms) parts << counter + tr(" %1 to first token").arg(format_duration(*stats.first_token_ms));
  if (stats.completion_tokens) parts << counter + QLatin1Char(' ') + format_tokens(*stats.completion_tokens);
  if (!parts.isEmpty() && !message.model.isEmpty()) parts << message.model;
  return parts.join(QStringLiteral(" · "));
}

QString stats_tooltip(const Message& message) {
  QStringList lines;
  const MessageStats& stats = message.stats;
  if (stats.tokens_per_s)
    lines << tr("Speed: tokens counted by the engine, over the time from the first token to the last");
  if (stats.first_token_ms) lines << tr("First token: time from the request's arrival at the engine");
  if (stats.prompt_tokens) {
    QString line = tr("Prompt: %1").arg(format_tokens(*stats.prompt_tokens));
    if (stats.cached_tokens)
      line += tr(", %1 of them reused from the turn before").arg(QLocale().toString(*stats.cached_tokens));
    lines << line;
  }
  if (message.finish_reason == QLatin1String("length")) lines << tr("Ended at the token limit");
  if (message.state == MessageState::stopped) lines << tr("Stopped by you");
  if (!lines.isEmpty()) lines << tr("● counter: counted and timed by the engine");
  return lines.join(QLatin1Char('\n'));
}

QString thinking_summary(const Message& message) {
  const bool thinking = message.state == MessageState::streaming && message.text.isEmpty();
  if (thinking)
    return message.thinking_ms > 0 ? tr("Thinking… %1").arg(format_duration(message.thinking_ms)) : tr("Thinking…");
  return message.thinking_ms > 0 ? tr("Thought for %1").arg(format_duration(message.thinking_ms)) : tr("Thoughts");
}

}  // namespace diptych::chat
