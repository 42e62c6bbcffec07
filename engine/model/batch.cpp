#include "engine/model/batch.h"

#include <cassert>
#include <numeric>
#include <utility>

namespace diptych {

Batch Batch::single(std::vector<int32_t> tokens) {
  Batch batch;
  batch.tokens = std::move(tokens);
  batch.positions.resize(batch.tokens.size());
  std::iota(batch.positions.begin(), batch.positions.end(), 0);
  batch.sequence_offsets = {0, batch.token_count()};
  return batch;
}

Batch Batch::uniform(std::span<const int32_t> tokens, int64_t count) {
  assert(count > 0 && static_cast<int64_t>(tokens.size()) % count == 0);
  const int64_t length = static_cast<int64_t>(tokens.size()) / count;
  Batch batch;
  batch.tokens.assign(tokens.begin(), tokens.end());
  for (int64_t sequence = 0; sequence <= count; ++sequence) batch.sequence_offsets.push_back(sequence * length);
  for (int64_t token = 0; token < batch.token_count(); ++token)
    batch.positions.push_back(static_cast<int32_t>(token % length));
  return batch;
}

}  // namespace diptych
