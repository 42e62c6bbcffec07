// The tokenizers that checkpoints of one file rely on; ids as transformers' CLIPTokenizer and T5Tokenizer give them.
#include "engine/text/builtin_tokenizers.h"

#include <gtest/gtest.h>

namespace diptych {
namespace {

using Ids = std::vector<int32_t>;

TEST(BuiltinTokenizers, ClipGivesThePublishedIds) {
  const TextWindow window = clip_text_window(49407);
  EXPECT_EQ(window.tokenizer->vocab_size(), clip_vocabulary);
  const TextWindow::Ids cat = window.fit("a photo of a cat");
  EXPECT_EQ(cat.length, 7);
  EXPECT_EQ(Ids(cat.ids.begin(), cat.ids.begin() + 9), (Ids{49406, 320, 1125, 539, 320, 2368, 49407, 49407, 49407}));
  EXPECT_EQ(cat.ids.size(), 77u);
  EXPECT_EQ(clip_text_window(0).fit("a cat").ids.back(), 0);
  EXPECT_EQ(window.tokenizer->encode("A Photo of a naïve café, 35mm!!  (x:1.3)", {.add_special = true}),
            (Ids{49406, 320,  1125, 539, 320, 1097, 35689, 563, 15304, 267, 274,
                 276,   2848, 748,  263, 343, 281,  272,   269, 274,   264, 49407}));
  EXPECT_EQ(window.tokenizer->encode("it's 日本語 🦊 isn't", {.add_special = true}),
            (Ids{49406, 585, 568, 39121, 44353, 34002, 508, 6040, 488, 2923, 713, 49407}));
}

TEST(BuiltinTokenizers, T5GivesThePublishedIds) {
  const TextWindow window = t5_text_window();
  EXPECT_EQ(window.tokenizer->encode("A photo of a small golden fox in the rain, 35mm", {.add_special = true}),
            (Ids{71, 1202, 13, 3, 9, 422, 7069, 3, 20400, 16, 8, 3412, 6, 3097, 635, 1}));
  EXPECT_EQ(window.tokenizer->encode("naïve  café – ½ 日本", {.add_special = true}),
            (Ids{3, 29, 9, 2, 162, 11949, 3, 104, 209, 2, 357, 3, 2, 1}));
}

}  // namespace
}  // namespace diptych
