// Any bytes given as a picture are read or refused with an Error, with and without its pixels, and whatever texts are
// in it are a recipe or none.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/core/error.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/io/images/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace diptych;
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    diffusion::restore_recipe(parse_image_texts(bytes, "fuzz"));
  } catch (const Error&) {
  }
  try {
    const Image8 image = parse_image(bytes, "fuzz", /*most_pixels=*/1 << 18).image;
    if (image.pixels.size() != static_cast<size_t>(image.width * image.height * image.channels)) std::abort();
  } catch (const Error&) {
  }
  return 0;
}
