// What a picture looks like to a machine that judges training data: twice the same, or out of focus.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/io/images/image.h"

namespace diptych::train {

// Luma (BT.601), 0 to 255, over white where the picture is transparent.
Image8 grey(const Image8& image);

// Whether each of 8 x 8 places is brighter than its right neighbour (difference hash, Krawetz 2013): stays nearly the
// same when a picture is scaled or compressed anew.
uint64_t difference_hash(const Image8& image);

// Pairs of indices whose hashes differ in at most 3 bits, the smaller index first.
std::vector<std::pair<int64_t, int64_t>> near_duplicates(std::span<const uint64_t> hashes);

// Variance of the Laplacian (Pech-Pacheco et al. 2000) with the longer side brought to 512 pixels, so that pictures of
// all sizes compare; smaller ones as they are: enlarged, the sharpest would be called blurred. Photographs in focus
// have hundreds.
double sharpness(const Image8& image);
inline constexpr double blurred_below = 100;

}  // namespace diptych::train
