// Patterns of pre-tokenizers. They are written for Oniguruma (Hugging Face) and run on PCRE2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace diptych {

class Regex {
 public:
  // `origin` is for messages. Error (invalid_file) for a pattern that does not compile.
  Regex(std::string_view oniguruma_pattern, const std::string& origin);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  struct Match {
    size_t begin, end;
  };
  // The next match at or after `from` in valid UTF-8; begin == npos: none.
  // Error (unsupported) where the pattern needs too many steps.
  Match find(std::string_view text, size_t from) const;
  static constexpr size_t npos = static_cast<size_t>(-1);

  // Calls visit(begin, end) for each match from left to right; an empty match right after a match is passed over.
  template <typename Visit>
  void for_each(std::string_view text, const Visit& visit) const {
    size_t at = 0, last_end = npos;
    while (at <= text.size()) {
      const Match match = find(text, at);
      if (match.begin == npos) return;
      if (match.begin == match.end) {
        at = next_character(text, match.end);
        if (match.end == last_end) continue;
      } else {
        at = match.end;
      }
      last_end = match.end;
      visit(match.begin, match.end);
    }
  }

 private:
  static size_t next_character(std::string_view text, size_t at);

  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

// The same pattern in PCRE2's dialect: \s, \w, \h and script names mean other characters there, {n,m}+ is possessive
// there and a repetition in Oniguruma, and classes cannot be nested or intersected.
std::string pcre_pattern(std::string_view oniguruma_pattern);

}  // namespace diptych
