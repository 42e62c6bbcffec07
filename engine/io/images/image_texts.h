// What image programs write beside the pixels: PNG text chunks, EXIF and XMP as one list of named texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych {

struct ImageText {
  std::string key;   // a PNG keyword ("parameters", "prompt", "workflow", …) or one of those below
  std::string text;  // UTF-8

  bool operator==(const ImageText&) const = default;
};
using ImageTexts = std::vector<ImageText>;

inline constexpr std::string_view parameters_key = "parameters";  // PNG; EXIF UserComment
inline constexpr std::string_view recipe_key = "diptych";         // PNG; XMP diptych:Recipe
inline constexpr std::string_view xmp_key = "XML:com.adobe.xmp";  // the packet as it stands in the file

// Null where there is none.
const std::string* find_text(const ImageTexts& texts, std::string_view key);

// What XMP says that a picture is (IPTC's DigitalSourceType): made by a trained model, or a photograph or drawing that
// a program only enlarged.
enum class DigitalSource { unsaid, trained_model, enhanced };

// What is written into a picture.
struct ImageMetadata {
  std::string parameters;  // A1111's text
  std::string recipe;      // our own, JSON
  DigitalSource source = DigitalSource::unsaid;
};

}  // namespace diptych
