#include "engine/io/images/image_checks.h"

#include "engine/core/error.h"

namespace diptych {

void refuse_image(const std::string& name, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot read picture", name, why,
              "the file is damaged, incomplete or of another kind: copy or download it again");
}

void refuse_to_write(const char* format, const std::string& why) {
  throw Error(ErrorCategory::invalid_argument, "cannot write picture", format, why,
              "choose another size or format: PNG takes everything");
}

void check_image_size(int64_t width, int64_t height, int64_t most_pixels, const std::string& name) {
  if (width > 0 && height > 0 && width <= most_pixels / height) return;
  refuse_image(name, "it has " + std::to_string(width) + " x " + std::to_string(height) + " pixels, at most " +
                         std::to_string(most_pixels) + " are read");
}

void check_image_fill(double most_pixels_in_file, const Image8& image, const std::string& name) {
  if (static_cast<double>(image.width) * static_cast<double>(image.height) <= most_pixels_in_file) return;
  refuse_image(name, "it promises " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                         " pixels, more than its bytes can hold");
}

}  // namespace diptych
