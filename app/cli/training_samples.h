// What a language model answers in the middle of its training, to the same questions every time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/llm/prompt.h"
#include "engine/train/text_task.h"

namespace diptych::cli {

class TrainingSamples {
 public:
  TrainingSamples(Context& ctx, const train::TextBase& base, std::vector<std::string> prompts,
                  std::filesystem::path file);

  // Greedy answers, on stderr and as lines of JSON: step, prompt, text.
  void write(int64_t step);

 private:
  Context& ctx_;
  const train::TextBase& base_;
  std::vector<std::string> prompts_;
  std::filesystem::path file_;
  PromptBuilder builder_;
};

}  // namespace diptych::cli
