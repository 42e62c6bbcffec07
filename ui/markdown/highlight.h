// Colours for code blocks: one small line lexer, driven by a table of languages.
#pragma once

#include <QList>
#include <QStringView>

namespace diptych::markdown {

enum class TokenKind : quint8 { text, keyword, type, number, string, comment, function, added, removed, heading };

struct Token {
  int start = 0;
  int length = 0;
  TokenKind kind = TokenKind::text;

  bool operator==(const Token&) const = default;
};

struct Language;  // languages.h

// What a line leaves open for the next: 0 nothing, 1 a block comment, 2 + n the n-th long string of the language.
using LexState = int;

// nullptr for a language that the table does not have; names are as in info strings ("py", "c++", "sh").
const Language* find_language(QStringView name);
QString language_label(QStringView name);  // "Python" for "py"; the name itself where the table has none

// Tokens other than plain text, in order. `state` goes from line to line, starting at 0.
QList<Token> highlight_line(const Language& language, QStringView line, LexState& state);

}  // namespace diptych::markdown
