#include "ui/panels/create/prompt_weight.h"

#include <QRegularExpression>
#include <cmath>

namespace diptych::create {
namespace {

constexpr double plain_group = 1.1;  // of "(x)" without a number

QString written_weight(double weight) {
  return QString::number(std::round(weight * 100) / 100, 'g', 6);
}

bool ends_word(QChar c) {
  return c.isSpace() || QStringView(u".,/!?%^*;:{}=`~()<>[]|").contains(c);
}

// "<lora:name:0.8>" around the caret: its first number.
PromptEdit change_tag(const QString& prompt, qsizetype at, int direction) {
  static const QRegularExpression tag(QStringLiteral("<(?:lora|lyco):[^<>:]+(:([-+]?[0-9.]+))?[^<>]*>"));
  for (auto matches = tag.globalMatch(prompt); matches.hasNext();) {
    const QRegularExpressionMatch match = matches.next();
    if (at <= match.capturedStart() || at >= match.capturedEnd()) continue;
    const bool has_number = match.hasCaptured(1);
    const double weight = has_number ? match.captured(2).toDouble() : 1;
    PromptEdit edit;
    edit.from = has_number ? match.capturedStart(1) : match.capturedEnd() - 1;
    edit.to = has_number ? match.capturedEnd(1) : edit.from;
    edit.text = QStringLiteral(":") + written_weight(weight + direction * adapter_weight_step);
    edit.select_from = edit.select_to = edit.from + edit.text.size();
    return edit;
  }
  return {};
}

// The text between the round brackets around [from, to), without its weight; false: there are none.
bool take_group(const QString& prompt, qsizetype& from, qsizetype& to) {
  qsizetype depth = 0, open = from - 1;
  for (; open >= 0; --open) {
    if (prompt[open] == u')') ++depth;
    if (prompt[open] == u'(' && depth-- == 0) break;
  }
  if (open < 0) return false;
  depth = 0;
  qsizetype close = to;
  for (; close < prompt.size(); ++close) {
    if (prompt[close] == u'(') ++depth;
    if (prompt[close] == u')' && depth-- == 0) break;
  }
  if (close == prompt.size()) return false;
  static const QRegularExpression weight(QStringLiteral(":\\s*[-+]?[0-9.]+\\s*$"));
  const QStringView inside = QStringView(prompt).mid(open + 1, close - open - 1);
  const QRegularExpressionMatch match = weight.match(inside);
  from = open + 1;
  to = match.hasMatch() ? from + match.capturedStart() : close;
  return true;
}

void take_word(const QString& prompt, qsizetype& from, qsizetype& to) {
  while (from > 0 && !ends_word(prompt[from - 1])) --from;
  while (to < prompt.size() && !ends_word(prompt[to])) ++to;
}

}  // namespace

PromptEdit change_weight(const QString& prompt, qsizetype from, qsizetype to, int direction) {
  if (from == to) {
    if (PromptEdit edit = change_tag(prompt, from, direction); !edit.empty()) return edit;
    if (!take_group(prompt, from, to)) take_word(prompt, from, to);
  }
  while (to > from && prompt[to - 1].isSpace()) --to;
  while (from < to && prompt[from].isSpace()) ++from;
  if (from == to) return {};
  if (prompt[from] == u'(' && prompt[to - 1] == u')' && to - from > 2) {  // the brackets were selected, too
    ++from;
    --to;
    take_group(prompt, from, to);
  }
  // Of exactly this group, if there is one: "(" before, ")" or ":1.2)" behind.
  static const QRegularExpression behind(QStringLiteral("^(:\\s*([-+]?[0-9.]+)\\s*)?\\)"));
  const QRegularExpressionMatch match = behind.match(QStringView(prompt).mid(to));
  const bool grouped = from > 0 && prompt[from - 1] == u'(' && match.hasMatch();
  const double before = !grouped ? 1 : match.hasCaptured(2) ? match.captured(2).toDouble() : plain_group;
  const double after = std::round((before + direction * weight_step) * 100) / 100;
  const QString inside = prompt.mid(from, to - from);
  PromptEdit edit;
  edit.from = grouped ? from - 1 : from;
  edit.to = grouped ? to + match.capturedLength() : to;
  const bool plain = after == 1;
  edit.text = plain ? inside : QStringLiteral("(%1:%2)").arg(inside, written_weight(after));
  edit.select_from = edit.from + (plain ? 0 : 1);
  edit.select_to = edit.select_from + inside.size();
  return edit;
}

}  // namespace diptych::create
