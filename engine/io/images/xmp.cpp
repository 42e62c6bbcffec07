#include "engine/io/images/xmp.h"

#include <array>
#include <utility>

namespace diptych {
namespace {

constexpr std::string_view trained_media = "trainedAlgorithmicMedia";
constexpr std::string_view recipe_open = "<diptych:Recipe>", recipe_close = "</diptych:Recipe>";

constexpr std::array<std::pair<char, std::string_view>, 5> xml_entities{
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}}};

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    std::string_view written(&c, 1);
    for (const auto& [plain, entity] : xml_entities)
      if (c == plain) written = entity;
    escaped += written;
  }
  return escaped;
}

std::string unescape_xml(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    size_t length = 1;
    char c = text.front();
    for (const auto& [meant, entity] : xml_entities) {
      if (!text.starts_with(entity)) continue;
      c = meant;
      length = entity.size();
      break;
    }
    plain += c;
    text.remove_prefix(length);
  }
  return plain;
}

}  // namespace

std::string write_xmp(const ImageMetadata& metadata, bool with_recipe) {
  const bool has_recipe = with_recipe && !metadata.recipe.empty();
  if (metadata.source == DigitalSource::unsaid && !has_recipe) return {};
  std::string packet =
      "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"
      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
      "<rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
      " xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\""
      " xmlns:diptych=\"urn:diptych:recipe\">"
      "<xmp:CreatorTool>Diptych</xmp:CreatorTool>";
  if (metadata.source != DigitalSource::unsaid) {
    packet += "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/";
    packet += metadata.source == DigitalSource::enhanced ? "algorithmicallyEnhanced" : trained_media;
    packet += "</Iptc4xmpExt:DigitalSourceType>";
  }
  if (has_recipe) packet += std::string(recipe_open) + escape_xml(metadata.recipe) + std::string(recipe_close);
  packet += "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>";
  return packet;
}

bool xmp_says_generated(std::string_view packet) {
  return packet.find(trained_media) != packet.npos;  // also in what is called composite
}

std::optional<std::string> recipe_of_xmp(std::string_view packet) {
  const size_t open = packet.find(recipe_open);
  if (open == packet.npos) return std::nullopt;
  const size_t begin = open + recipe_open.size();
  const size_t close = packet.find(recipe_close, begin);
  if (close == packet.npos) return std::nullopt;
  return unescape_xml(packet.substr(begin, close - begin));
}

}  // namespace diptych
