#include "engine/diffusion/condition/instructed_text.h"

#include <algorithm>

#include "engine/ops/elementwise.h"

namespace diptych::diffusion {

const std::string_view sana_instruction =
    "Given a user prompt, generate an 'Enhanced prompt' that provides detailed visual descriptions suitable for image "
    "generation. Evaluate the level of detail in the user prompt:\n"
    "- If the prompt is simple, focus on adding specifics about colors, shapes, sizes, textures, and spatial "
    "relationships to create vivid and concrete scenes.\n"
    "- If the prompt is already detailed, refine and enhance the existing details slightly without overcomplicating.\n"
    "Here are examples of how to transform or refine prompts:\n"
    "- User Prompt: A cat sleeping -> Enhanced: A small, fluffy white cat curled up in a round shape, sleeping "
    "peacefully on a warm sunny windowsill, surrounded by pots of blooming red flowers.\n"
    "- User Prompt: A busy city street -> Enhanced: A bustling city street scene at dusk, featuring glowing street "
    "lamps, a diverse crowd of people in colorful clothing, and a double-decker bus passing by towering glass "
    "skyscrapers.\n"
    "Please generate only the enhanced description for the prompt below and avoid including any additional commentary "
    "or evaluations:\n"
    "User Prompt: ";

EncodedText encode_instructed(Context& ctx, const TextPart& part, std::string_view instruction,
                              const std::vector<InstructedText>& texts, int64_t tokens) {
  const auto ids_of = [&](std::string_view text) {
    return part.window.tokenizer->encode(text, {.add_special = true, .parse_special = true});
  };
  const auto instruction_tokens = static_cast<int64_t>(ids_of(instruction).size());
  std::vector<std::vector<int32_t>> ids;
  std::vector<int64_t> skipped;  // tokens behind the first one that the denoiser does not see
  TextBatch batch{.rows = static_cast<int64_t>(texts.size()), .columns = 1, .ids = {}, .lengths = {}};
  EncodedText result;
  int64_t longest = 1;
  for (const InstructedText& one : texts) {
    auto& row = ids.emplace_back(ids_of(one.instructed ? std::string(instruction) + one.text : one.text));
    skipped.push_back(one.instructed ? std::max<int64_t>(instruction_tokens - 2, 0) : 0);
    row.resize(std::min(row.size(), static_cast<size_t>(tokens + skipped.back())));
    if (row.empty()) row.push_back(part.window.pad);  // a tokenizer that begins texts with nothing
    batch.lengths.push_back(static_cast<int64_t>(row.size()));
    batch.columns = std::max(batch.columns, batch.lengths.back());
    result.lengths.push_back(std::max<int64_t>(batch.lengths.back() - skipped.back(), 1));
    longest = std::max(longest, result.lengths.back());
  }
  for (auto& row : ids) {
    row.resize(static_cast<size_t>(batch.columns), part.window.pad);
    batch.ids.insert(batch.ids.end(), row.begin(), row.end());
  }
  check_ids(part, batch);
  const Tensor states = part.encoder->forward(ctx, batch).last;  // [rows * columns, hidden]
  std::vector<int32_t> seen;
  for (int64_t row = 0; row < batch.rows; ++row) {
    const int64_t own = skipped[static_cast<size_t>(row)];
    for (int64_t i = 0; i < longest; ++i) {
      const int64_t column = i == 0 ? 0 : std::min(own + i, batch.columns - 1);  // behind a text's length: any
      seen.push_back(static_cast<int32_t>(row * batch.columns + column));
    }
  }
  result.text = gather_rows(ctx, states, seen).reshape({batch.rows, longest, states.dim(-1)});
  return result;
}

}  // namespace diptych::diffusion
