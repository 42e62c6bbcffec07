// Odd prompts, nested, escaped, unbalanced: read as a1111_prompts.py reads them, a reference in Python.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/diffusion/prompt/prompt.h"

namespace diptych::diffusion {
namespace {

using nlohmann::json;

// [text, weight] of each piece, null for the text of a break; pieces without text in between say nothing.
json told(const std::vector<PromptPiece>& pieces) {
  json list = json::array();
  for (const PromptPiece& piece : pieces) {
    if (piece.is_break) {
      list.push_back({nullptr, 1.0});
    } else if (!piece.text.empty()) {
      list.push_back({piece.text, std::round(piece.weight * 1e6) / 1e6});
    }
  }
  return list;
}

json told(const json& reference) {
  std::vector<PromptPiece> pieces;
  for (const json& piece : reference) {
    const bool is_break = piece[0].is_null();
    pieces.push_back({is_break ? "" : piece[0].get<std::string>(), piece[1].get<double>(), is_break});
  }
  return told(pieces);
}

// The pieces of each step, which do not depend on how stages are cut.
json steps_of(const SubPrompt& part, int steps) {
  json list = json::array();
  for (int step = 1; step <= steps; ++step) list.push_back(told(part.texts[part.text_at(step)]));
  return list;
}

json steps_of(const json& part, int steps) {
  json list = json::array();
  for (int step = 1; step <= steps; ++step) {
    for (const json& stage : part["stages"]) {
      if (step > stage[0].get<int>()) continue;
      list.push_back(told(stage[1]));
      break;
    }
  }
  return list;
}

TEST(PromptReference, OddPromptsAreReadAsA1111ReadsThem) {
  std::ifstream file(DIPTYCH_SOURCE_DIR "/tests/engine/diffusion/prompt/a1111_prompts.json");
  const json cases = json::parse(file);
  ASSERT_GE(cases.size(), 50u);
  for (const json& one : cases) {
    const std::string text = one["text"];
    const int steps = one["steps"];
    const Prompt prompt = parse_prompt(text, {.steps = steps, .composable = one["composable"].get<bool>()});
    ASSERT_EQ(prompt.parts.size(), one["parts"].size()) << text;
    for (size_t i = 0; i < prompt.parts.size(); ++i) {
      EXPECT_EQ(prompt.parts[i].weight, one["parts"][i]["weight"].get<double>()) << text;
      EXPECT_EQ(steps_of(prompt.parts[i], steps), steps_of(one["parts"][i], steps)) << text;
    }
  }
}

}  // namespace
}  // namespace diptych::diffusion
