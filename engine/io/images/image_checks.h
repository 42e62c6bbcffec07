// What the readers and writers of the image formats refuse, in the same words.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "engine/io/images/image.h"

namespace diptych {

[[noreturn]] void refuse_image(const std::string& name, const std::string& why);  // Error (invalid_file)
[[noreturn]] void refuse_to_write(const char* format, const std::string& why);    // Error (invalid_argument)
// Sides above 0 and no more pixels than that.
void check_image_size(int64_t width, int64_t height, int64_t most_pixels, const std::string& name);
// A header that promises more pixels than the rest of the file can hold asks for memory in vain.
void check_image_fill(double most_pixels_in_file, const Image8& image, const std::string& name);

// C libraries are left by many ways; their objects are freed by one.
class ImageCleanup {
 public:
  explicit ImageCleanup(std::function<void()> clean) : clean_(std::move(clean)) {}
  ~ImageCleanup() { clean_(); }
  ImageCleanup(const ImageCleanup&) = delete;
  ImageCleanup& operator=(const ImageCleanup&) = delete;

 private:
  std::function<void()> clean_;
};

}  // namespace diptych
