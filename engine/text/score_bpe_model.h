// SentencePiece's byte-pair encoding: neighbours merge where their joint text is a token, the best score first.
#pragma once

#include <string>

#include "engine/text/byte_tokens.h"
#include "engine/text/piece_model.h"
#include "engine/text/vocabulary.h"

namespace diptych {

class ScoreBpeModel final : public PieceModel {
 public:
  // scores[id]; only tokens with mergeable[id] take part (normal and user-defined ones). `unk` < 0: characters without
  // a token vanish. `vocabulary` outlives the model.
  ScoreBpeModel(const Vocabulary& vocabulary, std::vector<float> scores, std::vector<bool> mergeable, int32_t unk);
  void encode(std::string_view piece, std::vector<int32_t>& out) const override;

 private:
  int32_t find(std::string_view text) const;

  const Vocabulary& vocabulary_;
  std::vector<float> scores_;
  std::vector<bool> mergeable_;
  int32_t unk_;
  ByteTokens bytes_;
  size_t longest_ = 0;  // bytes of the longest token
};

}  // namespace diptych
