#include "engine/diffusion/solvers/symmetric.h"

#include <algorithm>
#include <cmath>

namespace diptych::diffusion {

std::vector<double> solved(SymmetricMatrix a, std::vector<double> b) {
  const size_t n = a.n;
  for (size_t j = 0; j < n; ++j) {  // a becomes L, a = L L^T
    for (size_t k = 0; k < j; ++k) a.at(j, j) -= a.at(j, k) * a.at(j, k);
    a.at(j, j) = std::sqrt(a.at(j, j));
    for (size_t i = j + 1; i < n; ++i) {
      for (size_t k = 0; k < j; ++k) a.at(i, j) -= a.at(i, k) * a.at(j, k);
      a.at(i, j) /= a.at(j, j);
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a.at(i, k) * b[k];
    b[i] /= a.at(i, i);
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= a.at(k, i) * b[k];
    b[i] /= a.at(i, i);
  }
  return b;
}

std::vector<Eigenvector> eigenvectors(SymmetricMatrix a) {
  const size_t n = a.n;
  SymmetricMatrix directions(n);  // in columns
  for (size_t i = 0; i < n; ++i) directions.at(i, i) = 1;
  constexpr int sweeps = 30;  // convergence is quadratic: far fewer do
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) {
        if (std::abs(a.at(p, q)) < 1e-300) continue;
        const double theta = (a.at(q, q) - a.at(p, p)) / (2 * a.at(p, q));
        const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        const auto rotate = [c, s](double& x, double& y) {
          const double before = x;
          x = c * before - s * y;
          y = s * before + c * y;
        };
        for (size_t k = 0; k < n; ++k) rotate(a.at(k, p), a.at(k, q));
        for (size_t k = 0; k < n; ++k) rotate(a.at(p, k), a.at(q, k));
        for (size_t k = 0; k < n; ++k) rotate(directions.at(k, p), directions.at(k, q));
      }
    }
  }
  std::vector<Eigenvector> result(n);
  for (size_t i = 0; i < n; ++i) {
    result[i].value = a.at(i, i);
    for (size_t k = 0; k < n; ++k) result[i].direction.push_back(directions.at(k, i));
  }
  std::ranges::sort(result, [](const Eigenvector& x, const Eigenvector& y) { return x.value > y.value; });
  return result;
}

}  // namespace diptych::diffusion
