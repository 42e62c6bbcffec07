// The segments in front of a JPEG's pixels: marker, length, content (ISO 10918-1, annex B).
#include "engine/io/images/image_checks.h"
#include "engine/io/images/image_jpeg.h"

namespace diptych {

JpegSegments jpeg_segments(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  JpegSegments found;
  for (size_t at = 2;;) {
    if (at + 4 > text.size() || byte(at) != 0xFF) refuse_image(name, "the file ends too early");
    const unsigned char marker = byte(at + 1);
    if (marker == 0xFF) {  // filling
      ++at;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) return found;  // the pixels begin
    const size_t length = size_t{byte(at + 2)} << 8 | byte(at + 3);
    if (length < 2 || length > text.size() - at - 2) refuse_image(name, "the file ends too early");
    const std::string_view segment = text.substr(at + 4, length - 2);
    if (marker == 0xE1 && found.exif.empty() && segment.starts_with(jpeg_exif_name))
      found.exif = bytes.subspan(at + 4 + jpeg_exif_name.size(), segment.size() - jpeg_exif_name.size());
    if (marker == 0xE1 && found.xmp.empty() && segment.starts_with(jpeg_xmp_name))
      found.xmp = bytes.subspan(at + 4 + jpeg_xmp_name.size(), segment.size() - jpeg_xmp_name.size());
    at += 2 + length;
  }
}

}  // namespace diptych
