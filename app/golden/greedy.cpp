#include "app/golden/greedy.h"

#include <algorithm>
#include <numeric>

namespace diptych::golden {
namespace {

int32_t most_likely(const Tensor& logits, int64_t row) {  // logits [rows, vocab]
  const float* begin = logits.data<float>() + row * logits.dim(1);
  return static_cast<int32_t>(std::max_element(begin, begin + logits.dim(1)) - begin);
}

// Blocks for every position that prompts and continuations will take.
std::vector<KvSequence> place(const PromptRows& prompts, int64_t steps, const KvLayout& layout) {
  std::vector<KvSequence> sequences(prompts.rows.size());
  int32_t next = 0;
  for (size_t row = 0; row < sequences.size(); ++row) {
    const int64_t blocks = blocks_for(prompts.length(row) + steps, layout);
    sequences[row].blocks.resize(static_cast<size_t>(blocks));
    std::iota(sequences[row].blocks.begin(), sequences[row].blocks.end(), next);
    next += static_cast<int32_t>(blocks);
  }
  return sequences;
}

}  // namespace

std::vector<std::vector<int32_t>> greedy(Context& ctx, const CausalLm& model, const PromptRows& prompts,
                                         int64_t steps) {
  const KvLayout layout = model.kv_layout(DType::f32);
  std::vector<KvSequence> sequences = place(prompts, steps, layout);
  KvCache cache(ctx, layout, sequences.back().blocks.back() + 1);

  Batch batch = prompts.batch();
  for (size_t row = 0; row < sequences.size(); ++row) {
    batch.kv.push_back(&sequences[row]);
    batch.output_rows.push_back(static_cast<int32_t>(batch.sequence_offsets[row + 1] - 1));
    sequences[row].length = prompts.length(row);
  }
  std::vector<std::vector<int32_t>> continuations(sequences.size());
  for (int64_t step = 0; step < steps; ++step) {
    const Tensor logits = model.forward(ctx, batch, &cache);  // [sequences, vocab]
    Batch following;
    following.kv = batch.kv;
    following.sequence_offsets = {0};
    for (size_t row = 0; row < sequences.size(); ++row) {
      const int32_t token = most_likely(logits, static_cast<int64_t>(row));
      continuations[row].push_back(token);
      following.tokens.push_back(token);
      following.positions.push_back(static_cast<int32_t>(sequences[row].length++));
      following.sequence_offsets.push_back(following.token_count());
    }
    batch = std::move(following);
  }
  return continuations;
}

}  // namespace diptych::golden
