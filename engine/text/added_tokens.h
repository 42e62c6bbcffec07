// Tokens that are looked for in the text itself, before any splitting: control tokens and others added to a vocabulary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diptych {

struct AddedToken {
  int32_t id;
  std::string content;
  bool special = false;      // a control token: recognised on request only
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;       // and behind it
  bool single_word = false;  // not inside a word
  bool normalized = false;   // looked for in the normalised text
};

// Leftmost match, the longest of those, as a trie over bytes.
class AddedTokenMatcher {
 public:
  AddedTokenMatcher() = default;
  explicit AddedTokenMatcher(std::vector<AddedToken> tokens);

  struct Part {
    size_t begin, end;
    int32_t id;  // -1: text between tokens
  };
  std::vector<Part> split(std::string_view text, bool parse_special) const;
  bool empty() const { return tokens_.empty(); }

 private:
  const AddedToken* longest_at(std::string_view text, size_t at) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<uint64_t, uint32_t> edges_;  // (node, byte) -> node
  std::vector<int32_t> accepts_;                  // by node: index of a token, -1
  bool first_[256] = {};                          // bytes that some token starts with
};

}  // namespace diptych
