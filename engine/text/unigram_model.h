// Unigram language model (T5, XLM-R): the segmentation whose tokens have the largest sum of log-probabilities.
// Kudo 2018, "Subword Regularization", section 3.2; ties and unknown characters as Hugging Face's tokenizers has them.
#pragma once

#include <vector>

#include "engine/text/byte_tokens.h"
#include "engine/text/piece_model.h"
#include "engine/text/vocabulary.h"

namespace diptych {

struct UnigramOptions {
  std::optional<int32_t> unk;  // without one, characters that no token covers vanish
  bool byte_fallback = false;  // they become <0xNN> tokens where the vocabulary has those
};

class UnigramModel final : public PieceModel {
 public:
  // `scores[id]`: log-probability; NaN for ids that take no part. `vocabulary` outlives the model.
  UnigramModel(const Vocabulary& vocabulary, std::vector<double> scores, UnigramOptions options);
  void encode(std::string_view piece, std::vector<int32_t>& out) const override;

 private:
  // A trie of the tokens' bytes; children of a node stand side by side, in order.
  struct Node {
    int32_t first_child = 0;
    int32_t id = -1;  // of the token that ends here
    uint16_t children = 0;
    unsigned char byte = 0;
  };
  void grow(size_t node, size_t depth, size_t begin, size_t end, const std::vector<int32_t>& sorted);
  const Node* child(const Node& node, unsigned char byte) const;
  void append_unknown(std::string_view text, std::vector<int32_t>& out) const;

  const Vocabulary& vocabulary_;
  std::vector<double> scores_;
  UnigramOptions options_;
  double unknown_score_ = 0;
  std::vector<Node> nodes_;
  ByteTokens bytes_;
};

}  // namespace diptych
