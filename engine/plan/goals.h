// Goals in words, and what they come to for a base and its data: recipes that people begin with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/train/data/recipe.h"
#include "engine/train/open_task.h"

namespace diptych::plan {

// What is known of base and data.
struct GoalFacts {
  train::BaseKind kind = train::BaseKind::text;
  bool quantized = false;                        // the base's weights
  int side = 512;                                // pixels that an image base is made for …
  int side_multiple = 8;                         // … and that its sides are multiples of
  bool flow = false;                             // it was trained by flow matching
  int64_t parameters = 0;                        // of an image model's denoiser; 0: not known
  int64_t examples = 0;                          // records or pictures to learn from
  int64_t long_example_tokens = 0;               // that few examples exceed (their 95th percentile)
  int64_t context_length = 0;                    // of a language model; 0: not known
  bool has_regularization = false;               // pictures of the class
  std::vector<std::string> sample_prompts = {};  // of the data
  bool words = false;                            // an image base can learn new ones
  std::string word = {};                         // that suits the data: "<fox>" …
  bool word_is_named = false;                    // … and stands in their captions
};

struct Goal {
  std::string name, title, explanation;
  std::vector<std::string> reasons;  // for its numbers
  bool recommended = false;
  train::Recipe recipe;
};

// `given`: base, data and output; what else it says is replaced where the goal says something. Of a language model:
// domain, tone; of an image model: style, character, and where it can learn words: word.
std::vector<Goal> goals_for(const train::Recipe& given, const GoalFacts& facts);

}  // namespace diptych::plan
