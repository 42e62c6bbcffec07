// Template source to tokens, white space control included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych::jinja {

enum class TokenKind {
  data,
  variable_begin,
  variable_end,
  block_begin,
  block_end,
  name,
  text,
  integer,
  real,
  symbol,
  end
};

struct Token {
  TokenKind kind;
  std::string text;  // data; a name; a string's value; a number's digits; an operator
  int line;

  bool is_symbol(std::string_view wanted) const { return kind == TokenKind::symbol && text == wanted; }
  bool is_name(std::string_view wanted) const { return kind == TokenKind::name && text == wanted; }
};

// Line ends become \n, and one at the very end goes. Blocks take the line end behind them and the blanks of their line
// in front of them along (trim_blocks and lstrip_blocks, as transformers has them). The last token is `end`.
// SyntaxFailure.
std::vector<Token> tokenize(std::string_view source);

// The value of a string literal's inside: Python's escapes. SyntaxFailure where one is malformed.
std::string unescape(std::string_view literal, int line);

}  // namespace diptych::jinja
