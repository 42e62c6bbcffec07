// One step of an optimizer on a range of values, f32. Each new value depends on its own arguments only, so any split of
// a range gives the same bits. Products and sums stand in the order of PyTorch's own loops; nothing is fused but the
// first moment of AdamW, which PyTorch fuses, too.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// Adam with decoupled decay (Loshchilov & Hutter 2019), as torch.optim.AdamW has it:
//   p *= decay;  m += gain1 (g - m);  v = keep2 v + gain2 g g;  p += step m / (sqrt(v) / root2 + epsilon)
struct AdamWStep {
  float decay;         // 1 - learning rate * weight decay
  float gain1;         // 1 - beta1
  float keep2, gain2;  // beta2, 1 - beta2
  float root2;         // sqrt(1 - beta2^t)
  float epsilon;
  float step;  // -learning rate / (1 - beta1^t)
};
void adamw(const AdamWStep& step, const float* gradient, int64_t count, float* value, float* first, float* second);

// Lion (Chen et al. 2023, algorithm 2):
//   p *= decay;  p += step sign(keep1 m + gain1 g);  m = keep2 m + gain2 g
struct LionStep {
  float decay;
  float keep1, gain1;  // beta1, 1 - beta1
  float keep2, gain2;
  float step;  // -learning rate
};
void lion(const LionStep& step, const float* gradient, int64_t count, float* value, float* moment);

// Stochastic gradient descent as torch.optim.SGD has it:
//   g += decay p;  b = momentum b + g;  p += step b
// `velocity` may be null: p += step g.
struct SgdStep {
  float decay;  // the weight decay itself: it is coupled
  float momentum;
  float step;  // -learning rate
};
void sgd(const SgdStep& step, const float* gradient, int64_t count, float* value, float* velocity);

// Prodigy (Mishchenko & Defazio 2023, algorithm 4), which takes two passes, as its step is found from all gradients:
//   m = keep1 m + gain1 g;  v = keep2 v + gain2 g g;  s = keep3 s + gain3 g
struct ProdigyMoments {
  float keep1, gain1;  // beta1, d (1 - beta1)
  float keep2, gain2;  // beta2, d^2 (1 - beta2)
  float keep3, gain3;  // sqrt(beta2), d / d0 times the step
};
struct ProdigySums {
  double distance = 0;   // of g (p0 - p)
  double magnitude = 0;  // of |s|
};
// The sums depend on where the range begins and ends, but not on the instruction set.
ProdigySums prodigy_moments(const ProdigyMoments& step, const float* gradient, const float* value, const float* start,
                            int64_t count, float* first, float* second, float* travelled);
//   p += decay p;  p += step m / (sqrt(v) + epsilon)
struct ProdigyStep {
  float decay;    // -weight decay * d * learning rate
  float epsilon;  // times d
  float step;     // -d * learning rate
};
void prodigy(const ProdigyStep& step, const float* first, const float* second, int64_t count, float* value);

// Exponential moving average: average -= gain (average - value).
void moving_average(float gain, const float* value, int64_t count, float* average);

// Sums in double, in eight interleaved chains: independent of the instruction set.
double sum_of_squares(const float* x, int64_t count);

}  // namespace diptych::kernels::cpu
