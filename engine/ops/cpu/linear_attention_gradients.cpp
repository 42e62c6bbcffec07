#include <algorithm>
#include <vector>

#include "engine/ops/cpu/image_gradients.h"
#include "engine/ops/linear_attention.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/linear_attention.h"

namespace diptych::cpu_ops {
namespace {

namespace k = kernels::cpu;

float dot(const float* a, const float* b, int64_t n) {
  float sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// One head of one row: its tokens begin `first` tokens from the start, `head` heads in.
class HeadBackward {
 public:
  HeadBackward(const AttentionStream& stream, const Tensor& dy, AttentionGradients& gradients, int64_t first,
               int64_t tokens, int64_t head)
      : q_(stream.q),
        k_(stream.k),
        v_(stream.v),
        dy_(dy),
        gradients_(gradients),
        first_(first),
        tokens_(tokens),
        head_(head),
        n_(stream.q.dim(2)) {}

  void operator()() {
    sum_state();
    for (int64_t t = 0; t < tokens_; ++t) take_back_query(t);
    for (int64_t t = 0; t < tokens_; ++t) take_back_key(t);
  }

 private:
  float* at(const Tensor& x, int64_t token) const {
    return x ? x.data<float>() + (first_ + token) * x.stride(0) + head_ * x.stride(1) : nullptr;
  }

  // S [n, n] and z [n], as on the way there.
  void sum_state() {
    std::vector<float> part(state_.size());
    for (int64_t t = 0; t < tokens_; t += linear_attention_chunk) {
      k::relu_attention_state(at(k_, t), k_.stride(0), at(v_, t), v_.stride(0),
                              std::min(linear_attention_chunk, tokens_ - t), n_, part.data());
      k::add(state_.data(), part.data(), static_cast<int64_t>(state_.size()), state_.data());
    }
  }

  // y = r(q) S / D with D = r(q) z + eps.
  void take_back_query(int64_t t) {
    const float *q = at(q_, t), *z = state_.data() + n_ * n_;
    const float* dy = dy_.data<float>() + ((first_ + t) * q_.dim(1) + head_) * n_;
    std::fill(sum_.begin(), sum_.end(), 0.0f);
    float norm = 1e-15f;
    for (int64_t i = 0; i < n_; ++i) {
      if (q[i] <= 0) continue;
      norm += q[i] * z[i];
      k::add_scaled(state_.data() + i * n_, q[i], n_, sum_.data());
    }
    const float dnorm = -dot(dy, sum_.data(), n_) / norm / norm;
    for (int64_t i = 0; i < n_; ++i) sum_[static_cast<size_t>(i)] = dy[i] / norm;
    float* dq = at(gradients_.dq, t);
    for (int64_t i = 0; i < n_; ++i) {
      if (q[i] <= 0) continue;
      if (dq != nullptr) dq[i] += dot(sum_.data(), state_.data() + i * n_, n_) + dnorm * z[i];
      k::add_scaled(sum_.data(), q[i], n_, dstate_.data() + i * n_);
      dstate_[static_cast<size_t>(n_ * n_ + i)] += q[i] * dnorm;
    }
  }

  void take_back_key(int64_t t) {
    const float *key = at(k_, t), *v = at(v_, t);
    float *dk = at(gradients_.dk, t), *dv = at(gradients_.dv, t);
    for (int64_t i = 0; i < n_; ++i) {
      if (key[i] <= 0) continue;
      const float* row = dstate_.data() + i * n_;
      if (dk != nullptr) dk[i] += dot(v, row, n_) + dstate_[static_cast<size_t>(n_ * n_ + i)];
      if (dv != nullptr) k::add_scaled(row, key[i], n_, dv);
    }
  }

  const Tensor &q_, &k_, &v_, &dy_;
  AttentionGradients& gradients_;
  int64_t first_, tokens_, head_, n_;
  std::vector<float> state_ = std::vector<float>(static_cast<size_t>(n_ * (n_ + 1)));
  std::vector<float> dstate_ = state_, sum_ = std::vector<float>(static_cast<size_t>(n_));
};

}  // namespace

void linear_attention_gradients(ThreadPool& pool, const AttentionStream& stream, int64_t rows, const Tensor& dy,
                                AttentionGradients& gradients) {
  const int64_t tokens = stream.q.dim(0) / rows, heads = stream.q.dim(1);
  pool.parallel_for(rows * heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      HeadBackward(stream, dy, gradients, i / heads * tokens, tokens, i % heads)();
    }
  });
}

}  // namespace diptych::cpu_ops
