#include "ui/panels/create/prompt_syntax.h"

#include <QRegularExpression>
#include <algorithm>

namespace diptych::create {
namespace {

struct Frame {
  qsizetype open;
  QChar bracket;
  QList<qsizetype> colons, bars;  // of its own level
};

QChar partner(QChar closing) {
  return closing == u')' ? u'(' : closing == u']' ? u'[' : u'{';
}
bool is_word(QChar c) {
  return c.isLetterOrNumber() || c == u'_';
}

class Reader {
 public:
  explicit Reader(QStringView text) : text_(text) {}

  QList<PromptSpan> read() {
    for (qsizetype i = 0; i < text_.size();) i = step(i);
    end_part(text_.size());
    for (const Frame& frame : stack_)
      if (frame.bracket != u'{') add(frame.open, 1, PromptKind::unbalanced);
    std::ranges::sort(spans_, {}, &PromptSpan::start);
    return spans_;
  }

 private:
  void add(qsizetype start, qsizetype length, PromptKind kind) { spans_.append({start, length, kind}); }

  qsizetype step(qsizetype i) {
    const QChar c = text_[i];
    if (c == u'\\' && i + 1 < text_.size()) {
      add(i, 2, PromptKind::escape);
      return i + 2;
    }
    if (c == u'<')
      if (const qsizetype length = tag_length(i)) {
        add(i, length, PromptKind::adapter);
        return i + length;
      }
    if (c == u'(' || c == u'[' || c == u'{') stack_.append({i, c, {}, {}});
    if (c == u')' || c == u']' || c == u'}') close(i);
    if (c == u':') (stack_.isEmpty() ? outer_colon_ : stack_.last().colons.emplaceBack()) = i;
    if (c == u'|' && !stack_.isEmpty()) stack_.last().bars.append(i);
    if (const qsizetype length = keyword_length(i)) {
      if (text_.mid(i, length) == u"AND") end_part(i);
      add(i, length, PromptKind::keyword);
      return i + length;
    }
    return i + 1;
  }

  qsizetype tag_length(qsizetype at) const {
    static const QRegularExpression tag(QStringLiteral("^<[A-Za-z0-9_]+:[^<>]+>"));
    return tag.match(text_.mid(at)).capturedLength();
  }

  qsizetype keyword_length(qsizetype at) const {
    if (at > 0 && is_word(text_[at - 1])) return 0;
    for (const QStringView word : {QStringView(u"AND"), QStringView(u"BREAK")})
      if (text_.mid(at).startsWith(word) && (at + word.size() == text_.size() || !is_word(text_[at + word.size()])))
        return word.size();
    return 0;
  }

  void close(qsizetype at) {
    const QChar opening = partner(text_[at]);
    const auto match =
        std::find_if(stack_.crbegin(), stack_.crend(), [&](const Frame& frame) { return frame.bracket == opening; });
    if (match == stack_.crend()) {
      if (opening != u'{') add(at, 1, PromptKind::unbalanced);
      return;
    }
    while (stack_.last().bracket != opening) {  // what was opened inside and never closed
      if (stack_.last().bracket != u'{') add(stack_.last().open, 1, PromptKind::unbalanced);
      stack_.removeLast();
    }
    const Frame frame = stack_.takeLast();
    if (opening == u'{' && frame.bars.isEmpty()) return;  // text
    add(frame.open, 1, PromptKind::bracket);
    add(at, 1, PromptKind::bracket);
    if (opening != u'(')
      for (const qsizetype bar : frame.bars) add(bar, 1, PromptKind::choice);
    if (frame.colons.isEmpty() || !is_decimal(text_.mid(frame.colons.last() + 1, at - frame.colons.last() - 1))) return;
    const qsizetype last = frame.colons.last();
    if (opening == u'(') add(last, at - last, PromptKind::weight);
    if (opening != u'[') return;
    if (frame.colons.size() > 1) add(frame.colons[frame.colons.size() - 2], 1, PromptKind::schedule);
    add(last, at - last, PromptKind::schedule);
  }

  // The weight of a part between ANDs stands at its end.
  void end_part(qsizetype end) {
    if (outer_colon_ < 0 || !stack_.isEmpty()) return;
    const QStringView number = text_.mid(outer_colon_ + 1, end - outer_colon_ - 1).trimmed();
    if (is_decimal(number)) {
      const qsizetype stop = number.data() - text_.data() + number.size();
      add(outer_colon_, stop - outer_colon_, PromptKind::weight);
    }
    outer_colon_ = -1;
  }

  QStringView text_;
  QList<Frame> stack_;
  QList<PromptSpan> spans_;
  qsizetype outer_colon_ = -1;
};

}  // namespace

bool is_decimal(QStringView text) {
  static const QRegularExpression number(QStringLiteral("^\\s*[-+]?(\\d+\\.?\\d*|\\.\\d+)\\s*$"));
  return number.match(text).hasMatch();
}

QList<PromptSpan> prompt_spans(QStringView text) {
  return Reader(text).read();
}

std::optional<QString> open_adapter_name(QStringView before_caret) {
  static const QRegularExpression open(QStringLiteral("<(?:lora|lyco):([^<>:\\n]*)$"));
  const QRegularExpressionMatch match = open.match(before_caret);
  return match.hasMatch() ? std::optional(match.captured(1)) : std::nullopt;
}

}  // namespace diptych::create
