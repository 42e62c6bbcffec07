#include "engine/text/jinja/lexer.h"

#include <algorithm>

#include "engine/text/jinja/failure.h"
#include "engine/text/jinja/python_text.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string normalized_lines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) {
      const size_t open = next_delimiter(at_);
      if (open == source_.npos) {
        push(TokenKind::data, std::string_view(source_).substr(at_));
        advance_to(source_.size());
        break;
      }
      delimiter(open);
    }
    push(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  size_t next_delimiter(size_t from) const {
    for (size_t at = source_.find('{', from); at != source_.npos; at = source_.find('{', at + 1)) {
      if (at + 1 < source_.size() && std::string_view("{%#").find(source_[at + 1]) != std::string_view::npos) return at;
    }
    return source_.npos;
  }

  void push(TokenKind kind, std::string_view text) {
    if (kind == TokenKind::data && text.empty()) return;
    tokens_.push_back({kind, std::string(text), line_});
  }

  void advance_to(size_t at) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    at_ = at;
  }

  void skip_space() {
    const std::string_view rest = std::string_view(source_).substr(at_);
    advance_to(source_.size() - strip(rest, Side::left).size());
  }

  bool take(std::string_view text) {
    if (!std::string_view(source_).substr(at_).starts_with(text)) return false;
    advance_to(at_ + text.size());
    return true;
  }

  // Text in front of a tag at `open`, as the tag's sign and kind leave it.
  void text_before(size_t open, char sign, bool variable) {
    std::string_view text = std::string_view(source_).substr(at_, open - at_);
    if (sign == '-') {
      text = strip(text, Side::right);
    } else if (sign != '+' && !variable) {
      const size_t line_begin = text.rfind('\n') == text.npos ? 0 : text.rfind('\n') + 1;
      if ((line_begin > 0 || line_starting_) && strip(text.substr(line_begin), Side::both).empty())
        text = text.substr(0, line_begin);
    }
    push(TokenKind::data, text);
    advance_to(open);
  }

  void delimiter(size_t open) {
    const char kind = source_[open + 1];
    char sign = open + 2 < source_.size() ? source_[open + 2] : '\0';
    if (sign != '-' && sign != '+') sign = '\0';
    text_before(open, sign, kind == '{');
    const int opened_at = line_;
    advance_to(open + 2 + (sign != '\0' ? 1 : 0));
    if (kind == '#') {
      comment(opened_at);
    } else if (kind == '%' && raw_begins()) {
      raw(opened_at);
    } else {
      push(kind == '%' ? TokenKind::block_begin : TokenKind::variable_begin, "");
      tag(kind == '%', opened_at);
    }
    line_starting_ = at_ > 0 && source_[at_ - 1] == '\n';
  }

  // Behind "%}" or "#}": what its sign takes along. `sign_at`: where a sign would stand.
  void finish_tag(size_t close, size_t sign_floor) {
    const char sign = close > sign_floor ? source_[close - 1] : '\0';
    advance_to(close + 2);
    if (sign == '-') {
      skip_space();
    } else if (sign != '+') {
      take("\n");
    }
  }

  void comment(int opened_at) {
    const size_t close = source_.find("#}", at_);
    if (close == source_.npos) throw SyntaxFailure("a comment is not closed", opened_at);
    finish_tag(close, at_);
  }

  // Just behind "{%" and a sign: is this a raw block? Then goes behind its opening tag.
  bool raw_begins() {
    const size_t at = at_;
    const int line = line_;
    skip_space();
    if (take("raw")) {
      const bool word_ends = !(at_ < source_.size() && is_word(utf8_step(source_, at_).c));
      skip_space();
      if (take("-%}")) {
        skip_space();
        return true;
      }
      if (word_ends && take("%}")) return true;
    }
    at_ = at;
    line_ = line;
    return false;
  }

  void raw(int opened_at) {
    line_starting_ = source_[at_ - 1] == '\n';
    for (size_t open = source_.find("{%", at_); open != source_.npos; open = source_.find("{%", open + 1)) {
      size_t at = open + 2;
      char sign = at < source_.size() ? source_[at] : '\0';
      if (sign == '-' || sign == '+') {
        ++at;
      } else {
        sign = '\0';
      }
      const std::string_view rest = strip(std::string_view(source_).substr(at), Side::left);
      if (!rest.starts_with("endraw")) continue;
      const std::string_view behind = strip(rest.substr(6), Side::left);
      const size_t close_at = source_.size() - behind.size();
      const size_t signs = behind.starts_with('-') || behind.starts_with('+') ? 1 : 0;
      if (!behind.substr(signs).starts_with("%}")) continue;
      text_before(open, sign, false);
      finish_tag(close_at + signs, close_at);
      return;
    }
    throw SyntaxFailure("a raw block is not closed", opened_at);
  }

  bool tag_ends(bool block) {
    if (!open_brackets_.empty()) return false;
    const std::string_view rest = std::string_view(source_).substr(at_);
    const std::string_view close = block ? "%}" : "}}";
    const size_t sign = rest.starts_with('-') || (block && rest.starts_with('+')) ? 1 : 0;
    if (!rest.substr(sign).starts_with(close)) return false;
    push(block ? TokenKind::block_end : TokenKind::variable_end, "");
    if (block) {
      finish_tag(at_ + sign, at_);
    } else {
      advance_to(at_ + sign + 2);
      if (sign == 1) skip_space();
    }
    return true;
  }

  void tag(bool block, int opened_at) {
    open_brackets_.clear();
    for (;;) {
      if (at_ < source_.size() && tag_ends(block)) return;
      const size_t before = at_;
      skip_space();
      if (at_ != before) continue;
      if (at_ == source_.size()) throw SyntaxFailure("a tag is not closed", opened_at);
      const char c = source_[at_];
      if (is_digit(c)) {
        number();
      } else if (c == '\'' || c == '"') {
        text_literal(c);
      } else if (is_word(utf8_step(source_, at_).c)) {
        size_t end = at_;
        while (end < source_.size() && is_word(utf8_step(source_, end).c)) end += utf8_step(source_, end).bytes;
        push_until(TokenKind::name, end);
      } else {
        symbol();
      }
    }
  }

  void push_until(TokenKind kind, size_t end) {
    push(kind, std::string_view(source_).substr(at_, end - at_));
    advance_to(end);
  }

  // Digits with single underscores between them, from `at`; the end of them.
  template <typename IsDigit>
  size_t digits(size_t at, const IsDigit& accepted) const {
    while (at < source_.size()) {
      if (accepted(source_[at])) {
        ++at;
      } else if (source_[at] == '_' && at + 1 < source_.size() && accepted(source_[at + 1])) {
        ++at;
      } else {
        break;
      }
    }
    return at;
  }

  void number() {
    const size_t whole = digits(at_, is_digit);
    const auto has_digit = [&](size_t at) { return at < source_.size() && is_digit(source_[at]); };
    const bool behind_dot = at_ > 0 && source_[at_ - 1] == '.';  // a.1.2 are two indices
    size_t end = whole;
    if (!behind_dot) {
      if (end < source_.size() && source_[end] == '.' && has_digit(end + 1)) end = digits(end + 1, is_digit);
      if (end < source_.size() && (source_[end] | 32) == 'e') {
        const size_t sign = end + 1 < source_.size() && (source_[end + 1] == '+' || source_[end + 1] == '-') ? 1 : 0;
        if (has_digit(end + 1 + sign)) end = digits(end + 1 + sign, is_digit);
      }
    }
    if (end != whole) return push_until(TokenKind::real, end);
    if (source_[at_] == '0') return prefixed(whole);
    push_until(TokenKind::integer, whole);
  }

  // 0x…, 0o…, 0b…, or zeros.
  void prefixed(size_t whole) {
    const char letter = at_ + 1 < source_.size() ? static_cast<char>(source_[at_ + 1] | 32) : '\0';
    const auto accepted = [&](char c) {
      if (letter == 'b') return c == '0' || c == '1';
      if (letter == 'o') return c >= '0' && c <= '7';
      return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
    };
    if (letter == 'x' || letter == 'o' || letter == 'b') {
      const size_t first = at_ + 2 + (at_ + 2 < source_.size() && source_[at_ + 2] == '_' ? 1 : 0);
      if (first < source_.size() && accepted(source_[first]))
        return push_until(TokenKind::integer, digits(first, accepted));
    }
    const size_t zeros = digits(at_, [](char c) { return c == '0'; });
    push_until(TokenKind::integer, std::min(zeros, whole));
  }

  void text_literal(char quote) {
    for (size_t at = at_ + 1; at < source_.size(); ++at) {
      if (source_[at] == '\\') {
        ++at;
      } else if (source_[at] == quote) {
        push(TokenKind::text, unescape(std::string_view(source_).substr(at_ + 1, at - at_ - 1), line_));
        advance_to(at + 1);
        return;
      }
    }
    throw SyntaxFailure("a string is not closed", line_);
  }

  void symbol() {
    for (const std::string_view two : {"//", "**", "==", "!=", ">=", "<="}) {
      if (std::string_view(source_).substr(at_).starts_with(two)) return push_until(TokenKind::symbol, at_ + 2);
    }
    const char c = source_[at_];
    if (std::string_view("+-/*%~[](){}><=.:|,;").find(c) == std::string_view::npos)
      throw SyntaxFailure("unexpected character " + printable(c), line_);
    balance(c);
    push_until(TokenKind::symbol, at_ + 1);
  }

  static std::string printable(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 32 && byte < 127 ? std::string("'") + c + "'" : "number " + std::to_string(byte);
  }

  void balance(char c) {
    constexpr std::string_view opening = "([{", closing = ")]}";
    if (opening.find(c) != opening.npos) open_brackets_.push_back(c);
    const size_t kind = closing.find(c);
    if (kind == closing.npos) return;
    if (open_brackets_.empty() || open_brackets_.back() != opening[kind])
      throw SyntaxFailure(std::string("unexpected '") + c + "'", line_);
    open_brackets_.pop_back();
  }

  const std::string source_;
  size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::string open_brackets_;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(normalized_lines(source)).run();
}

}  // namespace diptych::jinja
