// The random numbers of torch.Generator("cuda"), computed on the CPU: the same initial noise for the same seed.
//
// PyTorch fills a tensor with threads in blocks of 256; thread t has the Philox4x32-10 subsequence t of the seed and
// draws four normals at a time, which it writes one grid (blocks * 256) apart. The grid is as large as the tensor
// needs, at most what the GPU holds at once: the result depends on the GPU only for tensors larger than that.
//
// Checked against Philox's published vectors and against PyTorch's values on an H100. The GPU's fast sine and logarithm
// differ from ours by some 1e-6.
#pragma once

#include <cstdint>

#include "engine/diffusion/noise/noise_source.h"

namespace diptych::diffusion {

// The default is a GeForce RTX 4090: one grid is 196,608 values.
struct CudaShape {
  int multiprocessors = 128;
  int threads_per_multiprocessor = 1536;
};

class TorchCudaGenerator final : public NoiseSource {
 public:
  explicit TorchCudaGenerator(uint64_t seed, CudaShape device = {}) : seed_(seed), device_(device) {}

  void fill_normal(std::span<float> values) override;  // torch.randn(n, device="cuda")

  uint64_t offset() const { return offset_; }  // in 32-bit numbers per thread, as torch.cuda's generator state holds it

 private:
  uint64_t seed_;
  CudaShape device_;
  uint64_t offset_ = 0;
};

}  // namespace diptych::diffusion
