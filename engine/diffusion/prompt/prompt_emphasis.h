// Attention weights written in a prompt, as A1111 reads them.
//
//   text      = { group | escape | character }
//   group     = "(" text ")"              weight times 1.1
//             | "(" text ":" number ")"   weight times the number
//             | "[" text "]"              weight divided by 1.1
//   escape    = "\(" | "\)" | "\[" | "\]" | "\\"     the character itself; any other backslash disappears
//
// A bracket that is never closed counts to the end; one that was never opened is text. Between words that stand alone
// as BREAK, with the white space around them, the encoder begins a new window. There is one difference: a BREAK inside
// brackets is one, too, where A1111 reads the word "BREAK" with a negative weight.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych::diffusion {

struct PromptPiece {
  std::string text;
  double weight = 1;
  bool is_break = false;  // begins a new window; without text

  bool operator==(const PromptPiece&) const = default;
};

// At least one piece; neighbours of the same weight are one.
std::vector<PromptPiece> parse_emphasis(std::string_view text);

// The text alone, for encoders that know no weights; a break becomes a space.
std::string plain_text(const std::vector<PromptPiece>& pieces);

}  // namespace diptych::diffusion
