// How near a picture with work left out comes to the exact one: measured as soon as both are in the gallery.
#pragma once

#include "engine/api/image.h"
#include "engine/io/images/image.h"

namespace diptych::host {

// Peak signal-to-noise ratio over all samples, in decibels; a hundred where they are equal. Both of one size.
double psnr_db(const Image8& exact, const Image8& other);

// Whether `exact` is what `other` would be without its step cache and with its linear layers as they are stored.
// Neither is the same as itself.
bool is_exact_twin(const api::ImageInfo& exact, const api::ImageInfo& other);

}  // namespace diptych::host
