#include "models/common/lone_attention.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"

namespace diptych::models {
namespace {

constexpr int64_t lone_block = 32;    // keys of a page, the least that kernels ask for
constexpr int64_t lone_queries = 64;  // at a time: each has a page of its own

// Rows of a stream, as a matrix [tokens, width].
Tensor matrix_of(Context& ctx, const Tensor& heads, int64_t begin, int64_t end) {
  return contiguous(ctx, heads.slice(0, begin, end)).reshape({end - begin, heads.dim(1) * heads.dim(2)});
}

// Pages of keys and values: the text's full ones are shared, and behind them each query has one with the rest of the
// text and its own key.
class LonePages {
 public:
  LonePages(Context& ctx, const AttentionStream& text, int64_t first, int64_t texts)
      : ctx_(ctx),
        heads_(text.k.dim(1)),
        full_(texts / lone_block),
        rest_(texts % lone_block),
        keys_(matrix_of(ctx, text.k, first, first + texts)),
        values_(matrix_of(ctx, text.v, first, first + texts)) {
    const Shape shape{full_ + lone_queries, heads_, lone_block, text.k.dim(2)};
    pages_.block_tokens = lone_block;
    pages_.keys = ctx.output(shape, DType::f32, Owner::workspace);
    pages_.values = ctx.output(shape, DType::f32, Owner::workspace);
    if (full_ == 0) return;
    std::vector<int32_t> table(static_cast<size_t>(full_));
    std::iota(table.begin(), table.end(), 0);
    const int64_t shared = full_ * lone_block;
    pages_.sequences = {{.query_begin = 0, .query_end = shared, .first_position = 0, .keys = shared, .blocks = table}};
    store_kv(ctx, keys_.slice(0, 0, shared).split_last(heads_), values_.slice(0, 0, shared).split_last(heads_), pages_);
    pages_.sequences.clear();  // their table ends here
  }

  // q, k, v of some places, at most lone_queries -> [places, width]
  Tensor attend(const AttentionStream& image, int64_t begin, int64_t end) {
    const int64_t places = end - begin, texts = keys_.dim(0), own = rest_ + 1;
    std::vector<int32_t> rows, tables;
    for (int64_t place = 0; place < places; ++place) {
      for (int64_t i = texts - rest_; i < texts; ++i) rows.push_back(static_cast<int32_t>(i));
      rows.push_back(static_cast<int32_t>(texts + place));
      for (int64_t i = 0; i < full_; ++i) tables.push_back(static_cast<int32_t>(i));
      tables.push_back(static_cast<int32_t>(full_ + place));
    }
    const auto last = [&](const Tensor& of_text, const Tensor& of_image) {
      const Tensor all = concat(ctx_, of_text, matrix_of(ctx_, of_image, begin, end), 0);
      return gather_rows(ctx_, all, rows).split_last(heads_);  // [places * own, heads, head_dim]
    };
    const auto sequences = [&](int64_t queries, int64_t position) {
      pages_.sequences.clear();
      for (int64_t place = 0; place < places; ++place) {
        pages_.sequences.push_back({.query_begin = place * queries,
                                    .query_end = (place + 1) * queries,
                                    .first_position = position,
                                    .keys = texts + 1,
                                    .blocks = std::span(tables).subspan(static_cast<size_t>(place * (full_ + 1)),
                                                                        static_cast<size_t>(full_ + 1))});
      }
    };
    sequences(own, full_ * lone_block);
    store_kv(ctx_, last(keys_, image.k), last(values_, image.v), pages_);
    sequences(1, texts);
    return attention(ctx_, image.q.slice(0, begin, end), pages_, {.causal = false});
  }

 private:
  Context& ctx_;
  int64_t heads_, full_, rest_;  // pages of text alone, and the text behind them
  Tensor keys_, values_;         // of the text: [texts, width]
  KeyValues pages_;
};

Tensor behind(Context& ctx, const Tensor& sum, const Tensor& x) {
  return sum ? concat(ctx, sum, x, 0) : x;
}

}  // namespace

std::vector<Tensor> lone_joint_attention(Context& ctx, const AttentionStream& image, const AttentionStream& text,
                                         int64_t rows) {
  const int64_t pixels = image.k.dim(0) / rows, texts = text.k.dim(0) / rows;
  const std::array<AttentionStream, 2> streams{AttentionStream{{}, image.k, image.v}, text};
  Tensor of_text;
  if (text.q) of_text = joint_attention(ctx, streams, rows)[1];  // [rows * texts, width]
  std::vector<Tensor> parts;
  for (int64_t row = 0; row < rows; ++row) {
    LonePages pages(ctx, text, row * texts, texts);
    for (int64_t begin = row * pixels; begin < (row + 1) * pixels; begin += lone_queries) {
      parts.push_back(pages.attend(image, begin, std::min(begin + lone_queries, (row + 1) * pixels)));
    }
  }
  while (parts.size() > 1) {  // neighbours first: nothing is copied more often than it must be
    std::vector<Tensor> joined;
    for (size_t i = 0; i < parts.size(); i += 2) {
      joined.push_back(i + 1 < parts.size() ? concat(ctx, parts[i], parts[i + 1], 0) : parts[i]);
      parts[i] = {};
    }
    parts = std::move(joined);
  }
  return {parts.front(), of_text};
}

std::vector<Tensor> perturbed_joint_attention(Context& ctx, const AttentionStream& image, const AttentionStream& text,
                                              int64_t rows, int64_t first) {
  const auto rows_of = [&](const AttentionStream& stream, int64_t begin, int64_t end) {
    const int64_t tokens = stream.k.dim(0) / rows;
    const auto cut = [&](const Tensor& x) { return x ? x.slice(0, begin * tokens, end * tokens) : x; };
    return AttentionStream{cut(stream.q), cut(stream.k), cut(stream.v)};
  };
  std::vector<Tensor> joined(2);
  if (first > 0) {
    const std::array<AttentionStream, 2> streams{rows_of(image, 0, first), rows_of(text, 0, first)};
    joined = joint_attention(ctx, streams, first);
  }
  if (first == rows) return joined;
  const std::vector<Tensor> lone =
      lone_joint_attention(ctx, rows_of(image, first, rows), rows_of(text, first, rows), rows - first);
  joined[0] = behind(ctx, joined[0], lone[0]);
  if (lone[1]) joined[1] = behind(ctx, joined[1], lone[1]);
  return joined;
}

}  // namespace diptych::models
