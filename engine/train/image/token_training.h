// Textual inversion in training (Gal et al. 2022): a new word whose vectors are learnt while the model stays as it is.
// Each CLIP of the base gets `token_vectors` vectors of the word, behind those of its vocabulary.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/diffusion/image_model.h"
#include "engine/model/adapters.h"
#include "engine/train/data/recipe.h"
#include "engine/train/trained_part.h"

namespace diptych::train {

class TokenTraining final : public TrainedPart {
 public:
  // Whether the base reads texts through CLIPs alone.
  static bool suits(const diffusion::ImageModel& model);

  // The texts of `model` know the word from now on. `held`: what loading the encoders noted. The vectors begin as those
  // of the recipe's token_start, one after the other where it has several tokens, as A1111 spreads them. Error
  // (invalid_argument): the word is none, or part of the vocabulary; unsupported: the base reads texts through others
  // than CLIPs.
  TokenTraining(Context& ctx, const Recipe& recipe, const diffusion::ImageModel& model,
                std::vector<diffusion::TextPart>& texts, std::span<const ModelPart> held);

  // [token_vectors, width] of each encoder: "text_encoder.token", … They are what the model reads.
  Parameters& parameters() override { return parameters_; }
  const Parameters& parameters() const { return parameters_; }
  void watch(Tape& tape) override;
  void finish_gradients(Context&) override {}
  void publish(Context&) override {}

  const std::string& token() const { return token_; }

 private:
  std::string token_;
  Parameters parameters_;
};

// What a word would begin as: the tokens of `start` in the first CLIP. Error as the constructor's.
int64_t check_word(const diffusion::ImageModel& model, const std::string& token, const std::string& start);

// Whether the word stands in a text, as the trained tokenizer reads it.
bool names_token(const std::string& text, const std::string& token);

// What other programs read. Of one encoder FOLDER/learned_embeds.safetensors, as diffusers' scripts write it (the key
// is the word), and FOLDER/<word>.safetensors for A1111 ("emb_params"). Of SDXL's two, learned_embeds and
// learned_embeds_2 of one each, and <word>.safetensors with "clip_l" and "clip_g". Error (io).
void write_token(const TokenTraining& part, const std::filesystem::path& folder);

// <word>.safetensors without what file systems do not like.
std::filesystem::path token_file(const std::string& token);

}  // namespace diptych::train
