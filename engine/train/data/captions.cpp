#include "engine/train/data/captions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/random.h"

namespace diptych::train {
namespace {

std::vector<std::string> split_tags(const std::string& caption, const std::string& separator) {
  std::vector<std::string> tags;
  for (size_t at = 0; at <= caption.size();) {
    const size_t end = std::min(caption.find(separator, at), caption.size());
    const std::string tag = caption.substr(at, end - at);
    const size_t first = tag.find_first_not_of(' ');
    if (first != std::string::npos) tags.push_back(tag.substr(first, tag.find_last_not_of(' ') + 1 - first));
    at = end + separator.size();
  }
  return tags;
}

std::vector<std::string> lines_of(const std::string& caption) {
  std::vector<std::string> lines;
  for (size_t at = 0; at <= caption.size();) {
    const size_t end = std::min(caption.find('\n', at), caption.size());
    lines.push_back(caption.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string with_prefix(const std::string& caption, const ImageOptions& options) {
  if (options.caption_prefix.empty()) return caption;
  return caption.empty() ? options.caption_prefix : options.caption_prefix + " " + caption;
}

}  // namespace

double EntryDraws::uniform(const char* purpose, uint64_t draw) const {
  const uint64_t place = static_cast<uint64_t>(epoch_) * most_entries + static_cast<uint64_t>(entry_);
  return RandomStream(seed_, purpose).uniform(place * draws_each + draw % draws_each);
}

std::string drawn_caption(const std::string& caption, const ImageOptions& options, const EntryDraws& draws) {
  if (options.caption_dropout > 0 && draws.uniform("caption dropout") < options.caption_dropout) return {};
  const std::vector<std::string> lines = lines_of(caption);
  const double line = lines.size() > 1 ? draws.uniform("caption line") : 0;
  std::string result = lines[static_cast<size_t>(line * static_cast<double>(lines.size()))];
  if (options.shuffle_tags || options.tag_dropout > 0) {
    std::vector<std::string> tags = split_tags(result, options.tag_separator);
    const size_t kept = std::min(tags.size(), static_cast<size_t>(options.keep_tags));
    if (options.shuffle_tags) {
      for (size_t left = tags.size(); left > kept + 1; --left) {
        const auto chosen = static_cast<size_t>(draws.uniform("tag shuffle", left) * static_cast<double>(left - kept));
        std::swap(tags[left - 1], tags[kept + chosen]);
      }
    }
    result.clear();
    for (size_t i = 0; i < tags.size(); ++i) {
      const bool falls = i >= kept && options.tag_dropout > 0 && draws.uniform("tag dropout", i) < options.tag_dropout;
      if (!falls) result += (result.empty() ? "" : options.tag_separator + " ") + tags[i];
    }
  }
  return with_prefix(result, options);
}

std::string plain_caption(const std::string& caption, const ImageOptions& options) {
  return with_prefix(lines_of(caption).front(), options);
}

std::vector<std::string> shown_captions(const std::string& caption, const ImageOptions& options) {
  std::vector<std::string> shown;
  for (const std::string& line : lines_of(caption)) shown.push_back(with_prefix(line, options));
  if (options.caption_dropout > 0) shown.emplace_back();
  return shown;
}

}  // namespace diptych::train
