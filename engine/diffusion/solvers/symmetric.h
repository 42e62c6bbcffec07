// Small symmetric matrices in double: systems of equations and eigenvectors.
#pragma once

#include <cstddef>
#include <vector>

namespace diptych::diffusion {

struct SymmetricMatrix {
  size_t n = 0;
  std::vector<double> values;  // [n, n]

  explicit SymmetricMatrix(size_t size) : n(size), values(size * size) {}
  double& at(size_t i, size_t j) { return values[i * n + j]; }
  double at(size_t i, size_t j) const { return values[i * n + j]; }
};

// Solves a x = b for a positive definite matrix (Cholesky).
std::vector<double> solved(SymmetricMatrix a, std::vector<double> b);

struct Eigenvector {
  double value = 0;
  std::vector<double> direction;  // of length 1
};
std::vector<Eigenvector> eigenvectors(SymmetricMatrix a);  // the largest first (Jacobi's rotations)

}  // namespace diptych::diffusion
