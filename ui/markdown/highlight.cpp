#include "ui/markdown/highlight.h"

#include <QHash>

#include "ui/markdown/languages.h"

namespace diptych::markdown {
namespace {

bool is_word(QChar c) {
  return c.isLetterOrNumber() || c == QLatin1Char('_');
}

class LineLexer {
 public:
  LineLexer(const Language& language, QStringView line) : language_(language), line_(line) {}

  QList<Token> run(LexState& state) {
    if (language_.kind == Language::Kind::diff) return diff();
    if (!resume(state)) return tokens_;
    while (at_ < line_.size()) {
      if (comment(state) || long_string(state)) continue;
      if (language_.kind == Language::Kind::markup)
        markup();
      else
        code();
    }
    return tokens_;
  }

 private:
  void add(qsizetype start, qsizetype end, TokenKind kind) {
    if (end > start) tokens_.append({static_cast<int>(start), static_cast<int>(end - start), kind});
  }

  // The rest of what the line before left open; false when this line does not close it either.
  bool resume(LexState& state) {
    if (state == 0) return true;
    const bool in_comment = state == 1;
    if (!in_comment && state - 2 >= language_.long_strings.size()) state = 0;
    if (state == 0) return true;
    const QString& close = in_comment ? language_.comment_close : language_.long_strings[state - 2];
    return finish(close, 0, 0, in_comment ? TokenKind::comment : TokenKind::string, state, state);
  }

  // A run from `start` to the next `close` from `from` on, or to the end of the line, which leaves `open` behind.
  bool finish(const QString& close, qsizetype start, qsizetype from, TokenKind kind, LexState open, LexState& state) {
    const qsizetype end = line_.indexOf(close, from);
    at_ = end < 0 ? line_.size() : end + close.size();
    state = end < 0 ? open : 0;
    add(start, at_, kind);
    return end >= 0;
  }

  bool comment(LexState& state) {
    const QStringView rest = line_.sliced(at_);
    if (!language_.comment_open.isEmpty() && rest.startsWith(language_.comment_open)) {
      finish(language_.comment_close, at_, at_ + language_.comment_open.size(), TokenKind::comment, 1, state);
      return true;
    }
    for (const QString& mark : language_.line_comments) {
      // In a shell "#" inside a word is no comment.
      if (!rest.startsWith(mark) || (mark == QLatin1String("#") && at_ > 0 && !line_[at_ - 1].isSpace())) continue;
      add(at_, line_.size(), TokenKind::comment);
      at_ = line_.size();
      return true;
    }
    return false;
  }

  bool long_string(LexState& state) {
    for (int i = 0; i < language_.long_strings.size(); ++i) {
      const QString& mark = language_.long_strings[i];
      if (!line_.sliced(at_).startsWith(mark)) continue;
      finish(mark, at_, at_ + mark.size(), TokenKind::string, 2 + i, state);
      return true;
    }
    return false;
  }

  void code() {
    const QChar c = line_[at_];
    const qsizetype start = at_;
    if (language_.quotes.contains(c)) {
      string(c);
      const bool key = language_.keys && next_visible(at_) == QLatin1Char(':');
      add(start, at_, key ? TokenKind::type : TokenKind::string);
    } else if (c.isDigit()) {
      while (at_ < line_.size() && (is_word(line_[at_]) || line_[at_] == QLatin1Char('.'))) ++at_;
      add(start, at_, TokenKind::number);
    } else if (language_.dollars && c == QLatin1Char('$')) {
      ++at_;
      while (at_ < line_.size() && (is_word(line_[at_]) || QStringLiteral("{}").contains(line_[at_]))) ++at_;
      add(start, at_, TokenKind::type);
    } else if (is_word(c) || c == QLatin1Char('#') || c == QLatin1Char('@')) {
      ++at_;
      while (at_ < line_.size() && is_word(line_[at_])) ++at_;
      add(start, at_, word_kind(line_.sliced(start, at_ - start).toString()));
      if (!tokens_.isEmpty() && tokens_.last().kind == TokenKind::text) tokens_.removeLast();
    } else {
      ++at_;
    }
  }

  TokenKind word_kind(const QString& written) const {
    const QString word = language_.ignore_case ? written.toLower() : written;
    if (language_.keywords.contains(word)) return TokenKind::keyword;
    if (language_.types.contains(word)) return TokenKind::type;
    if (written.startsWith(QLatin1Char('@'))) return TokenKind::type;
    const QChar next = next_visible(at_);
    if (language_.keys) return next == QLatin1Char(':') || next == QLatin1Char('=') ? TokenKind::type : TokenKind::text;
    const bool call = !language_.keywords.isEmpty() && at_ < line_.size() && line_[at_] == QLatin1Char('(');
    return call ? TokenKind::function : TokenKind::text;
  }

  void string(QChar quote) {
    for (++at_; at_ < line_.size(); ++at_) {
      if (line_[at_] == QLatin1Char('\\')) {
        ++at_;
      } else if (line_[at_] == quote) {
        ++at_;
        return;
      }
    }
    at_ = line_.size();
  }

  void markup() {
    const qsizetype start = at_;
    if (line_[at_] == QLatin1Char('<')) {
      ++at_;
      while (at_ < line_.size() && (is_word(line_[at_]) || QStringLiteral("/!?-:").contains(line_[at_]))) ++at_;
      add(start, at_, TokenKind::keyword);
      in_tag_ = true;
    } else if (line_[at_] == QLatin1Char('>') || line_.sliced(at_).startsWith(QLatin1String("/>"))) {
      at_ += line_[at_] == QLatin1Char('>') ? 1 : 2;
      add(start, at_, TokenKind::keyword);
      in_tag_ = false;
    } else if (in_tag_ && (line_[at_] == QLatin1Char('"') || line_[at_] == QLatin1Char('\''))) {
      string(line_[at_]);
      add(start, at_, TokenKind::string);
    } else if (in_tag_ && is_word(line_[at_])) {
      while (at_ < line_.size() && (is_word(line_[at_]) || QStringLiteral("-:").contains(line_[at_]))) ++at_;
      add(start, at_, TokenKind::type);
    } else {
      ++at_;
    }
  }

  QList<Token> diff() {
    const TokenKind kind = line_.startsWith(QLatin1String("@@")) ? TokenKind::heading
                           : line_.startsWith(QLatin1Char('+'))  ? TokenKind::added
                           : line_.startsWith(QLatin1Char('-'))  ? TokenKind::removed
                                                                 : TokenKind::text;
    if (kind != TokenKind::text) add(0, line_.size(), kind);
    return tokens_;
  }

  QChar next_visible(qsizetype from) const {
    while (from < line_.size() && line_[from].isSpace()) ++from;
    return from < line_.size() ? line_[from] : QChar();
  }

  const Language& language_;
  QStringView line_;
  qsizetype at_ = 0;
  bool in_tag_ = false;
  QList<Token> tokens_;
};

}  // namespace

const Language* find_language(QStringView name) {
  static const QHash<QString, const Language*> by_name = [] {
    QHash<QString, const Language*> table;
    for (const Language& language : languages())
      for (const QString& alias : language.names) table.insert(alias, &language);
    return table;
  }();
  return by_name.value(name.toString().toLower(), nullptr);
}

QString language_label(QStringView name) {
  const Language* language = find_language(name);
  return language ? language->label : name.toString();
}

QList<Token> highlight_line(const Language& language, QStringView line, LexState& state) {
  return LineLexer(language, line).run(state);
}

}  // namespace diptych::markdown
