// Oniguruma's dialect rewritten for PCRE2.
#include <array>
#include <optional>
#include <set>
#include <vector>

#include "engine/text/regex.h"
#include "engine/text/unicode.h"

namespace diptych {
namespace {

constexpr char32_t largest_character = 0x10FFFF;

void append_hex(std::string& out, char32_t c) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string reversed;
  do reversed.push_back(digits[c % 16]);
  while (c /= 16);
  out += "\\x{";
  out.append(reversed.rbegin(), reversed.rend());
  out += "}";
}

// The inside of a bracketed class that holds the characters of `in`, or all others.
template <typename In>
std::string class_of(const In& in, bool inverted) {
  std::string out;
  for (char32_t c = 0; c <= largest_character;) {
    const char32_t first = c;
    const bool inside = in(c) != inverted;
    while (c <= largest_character && (in(c) != inverted) == inside) ++c;
    if (!inside) continue;
    append_hex(out, first);
    if (c - 1 > first) {
      out += "-";
      append_hex(out, c - 1);
    }
  }
  return out;
}

// White_Space, and everything else: fixed by Unicode's stability policy in practice, so written out.
constexpr const char* space_characters =
    "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
constexpr const char* other_characters =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}";

const std::string& word_class(bool inverted) {
  static const std::array<std::string, 2> classes{class_of(is_word, false), class_of(is_word, true)};
  return classes[inverted];
}

// The contents of a class for \s, \S, \w, \W, \h, \H; null for other letters.
std::optional<std::string> shorthand(char letter) {
  switch (letter) {
    case 's':
    case 'S':
      return letter == 's' ? space_characters : other_characters;
    case 'w':
    case 'W':
      return word_class(letter == 'W');
    case 'h':
      return "0-9a-fA-F";
    case 'H':
      return "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{47}-\\x{60}\\x{67}-\\x{10ffff}";
    default:
      return std::nullopt;
  }
}

// Names of general categories; any other name of letters only is taken for a script.
bool is_script(const std::string& name) {
  static const std::set<std::string> known{"Any", "L",  "Ll", "Lm", "Lo", "Lt", "Lu", "L&",  "M",   "Mc",  "Me",
                                           "Mn",  "N",  "Nd", "Nl", "No", "P",  "Pc", "Pd",  "Pe",  "Pf",  "Pi",
                                           "Po",  "Ps", "S",  "Sc", "Sk", "Sm", "So", "Z",   "Zl",  "Zp",  "Zs",
                                           "C",   "Cc", "Cf", "Cn", "Co", "Cs", "LC", "Xan", "Xsp", "Xps", "Xwd"};
  static const std::set<std::string> properties{"Alphabetic",  "Lowercase",   "Uppercase",
                                                "White_Space", "Emoji",       "Extended_Pictographic",
                                                "ASCII",       "Ideographic", "Math"};
  if (known.contains(name) || properties.contains(name) || name.size() < 3) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')) return false;
  }
  return true;
}

class Rewriter {
 public:
  explicit Rewriter(std::string_view pattern) : in_(pattern) {}

  std::string run() {
    std::vector<size_t> groups;
    size_t atom = 0;
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (c == '\\') {
        atom = out_.size();
        escape(out_, false);
      } else if (c == '[') {
        atom = out_.size();
        out_ += bracket(0);
      } else if (c == '(') {
        groups.push_back(out_.size());
        take();
        if (in_.substr(at_).starts_with("?m")) {  // Ruby's m: the dot matches a newline
          out_ += "?s";
          at_ += 2;
        }
      } else if (c == ')') {
        take();
        if (!groups.empty()) {
          atom = groups.back();
          groups.pop_back();
        }
      } else if (c == '{' && quantifier_end() != 0) {
        out_.append(in_.substr(at_, quantifier_end() - at_));
        at_ = quantifier_end();
        if (at_ < in_.size() && in_[at_] == '+') {  // a repetition of the repetition
          out_.insert(atom, "(?:");
          out_ += ")+";
          ++at_;
        }
      } else if (c == '*' || c == '+' || c == '?' || c == '|') {
        take();
      } else {
        atom = out_.size();
        take_character();
      }
    }
    return std::move(out_);
  }

 private:
  void take() { out_.push_back(in_[at_++]); }
  void take_character() {
    const size_t bytes = utf8_step(in_, at_).bytes;
    out_.append(in_.substr(at_, bytes));
    at_ += bytes;
  }

  // One past the brace of {n}, {n,}, {n,m} or {,m}; 0 where the brace is a character.
  size_t quantifier_end() const {
    size_t i = at_ + 1;
    bool digits = false;
    while (i < in_.size() && (isdigit(static_cast<unsigned char>(in_[i])) || in_[i] == ',')) digits |= in_[i++] != ',';
    return digits && i < in_.size() && in_[i] == '}' ? i + 1 : 0;
  }

  void escape(std::string& out, bool in_class) {
    if (at_ + 1 >= in_.size()) {
      out.push_back(in_[at_++]);
      return;
    }
    const char letter = in_[at_ + 1];
    if (const auto contents = shorthand(letter)) {
      at_ += 2;
      out += in_class ? *contents : "[" + *contents + "]";
      return;
    }
    const size_t close = in_.find('}', at_);
    if ((letter == 'p' || letter == 'P') && at_ + 2 < in_.size() && in_[at_ + 2] == '{' && close != in_.npos) {
      std::string name(in_.substr(at_ + 3, close - at_ - 3));
      const bool inverted = name.starts_with("^");
      const std::string bare = inverted ? name.substr(1) : name;
      if (is_script(bare)) name = (inverted ? "^sc:" : "sc:") + bare;
      out += std::string("\\") + letter + "{" + name + "}";
      at_ = close + 1;
      return;
    }
    out.push_back(in_[at_++]);
    const size_t bytes = utf8_step(in_, at_).bytes;
    out.append(in_.substr(at_, bytes));
    at_ += bytes;
  }

  // A class becomes a plain class, or with nesting or && an alternation or a lookahead before one.
  std::string bracket(int depth) {
    ++at_;
    bool inverted = false;
    if (at_ < in_.size() && in_[at_] == '^') inverted = true, ++at_;
    std::vector<std::string> terms;  // of the intersection
    std::string contents;
    std::vector<std::string> nested;
    const auto close_term = [&] {
      std::vector<std::string> parts = nested;
      if (!contents.empty()) parts.push_back("[" + contents + "]");
      std::string term;
      for (const auto& part : parts) term += (term.empty() ? "" : "|") + part;
      terms.push_back(parts.size() == 1 ? term : "(?:" + term + ")");
      contents.clear();
      nested.clear();
    };
    for (bool first = true; at_ < in_.size() && (in_[at_] != ']' || first); first = false) {
      if (in_[at_] == '\\') {
        escape(contents, true);
      } else if (in_.substr(at_).starts_with("[:") && in_.find(":]", at_) != in_.npos) {
        const size_t end = in_.find(":]", at_) + 2;
        contents.append(in_.substr(at_, end - at_));
        at_ = end;
      } else if (in_[at_] == '[' && depth < 20) {
        nested.push_back(bracket(depth + 1));
      } else if (in_.substr(at_).starts_with("&&")) {
        at_ += 2;
        close_term();
      } else {
        const bool special = in_[at_] == '[' || in_[at_] == ']';
        if (special) contents.push_back('\\');
        const size_t bytes = utf8_step(in_, at_).bytes;
        contents.append(in_.substr(at_, bytes));
        at_ += bytes;
      }
    }
    if (at_ < in_.size()) ++at_;  // the bracket that closes
    if (terms.empty() && nested.empty()) return (inverted ? "[^" : "[") + contents + "]";
    close_term();
    std::string out = "(?:";
    for (size_t i = 0; i + 1 < terms.size(); ++i) out += "(?=" + terms[i] + ")";
    if (!inverted) return out + terms.back() + ")";
    return "(?:(?!" + out + terms.back() + "))(?s:.))";
  }

  std::string_view in_;
  std::string out_;
  size_t at_ = 0;
};

}  // namespace

std::string pcre_pattern(std::string_view oniguruma_pattern) {
  return Rewriter(oniguruma_pattern).run();
}

}  // namespace diptych
