#include "engine/train/data/picture_files.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "engine/core/error.h"
#include "engine/io/files/ascii.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/utf8.h"
#include "engine/io/formats/json_text.h"

namespace diptych::train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view mask_ending = "_mask";

bool has_ending(const fs::path& path, std::initializer_list<std::string_view> endings) {
  return std::ranges::find(endings, ascii_lower(path.extension().string())) != endings.end();
}
bool is_picture(const fs::path& path) {
  return has_ending(path, {".png", ".jpg", ".jpeg", ".webp"});
}
bool is_other_picture(const fs::path& path) {
  return has_ending(path, {".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif", ".jxl", ".jfif"});
}

struct Repeated {
  int64_t repeats = 1;
  std::string name;
};

// "30_sks dog"
std::optional<Repeated> repeated_folder(const std::string& name) {
  Repeated result;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), result.repeats);
  if (error != std::errc() || end == name.data() + name.size() || *end != '_') return std::nullopt;
  constexpr int64_t most_repeats = 100'000;
  if (result.repeats < 1 || result.repeats > most_repeats) return std::nullopt;
  result.name = std::string(end + 1, name.data() + name.size());
  return result;
}

// One line: what stands in several is joined.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

// Each line that is not empty is a caption.
std::string several_lines(const std::string& text) {
  std::string lines;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (const std::string line = one_line(text.substr(at, end - at)); !line.empty()) {
      lines += (lines.empty() ? "" : "\n") + line;
    }
    at = end + 1;
  }
  return lines;
}

class PictureReader {
 public:
  PictureReader(const DataSource& source, fs::path masks, PictureFiles& files)
      : source_(source), masks_(std::move(masks)), files_(files) {}

  void read(const fs::path& root) {
    std::vector<fs::path> repeated, pictures;
    for (const auto& entry : fs::directory_iterator(root)) {
      if (entry.is_directory() && repeated_folder(entry.path().filename().string())) repeated.push_back(entry.path());
    }
    std::ranges::sort(repeated);
    if (repeated.empty()) return folder(root, {source_.repeats, source_.caption});
    for (const fs::path& inside : repeated) {
      Repeated named = *repeated_folder(inside.filename().string());
      named.repeats *= source_.repeats;
      if (!source_.caption.empty()) named.name = source_.caption;
      folder(inside, named);
    }
    for (const auto& entry : fs::directory_iterator(root))
      if (entry.is_regular_file() && is_picture(entry.path()))
        reject(entry.path(), "it lies beside folders that say how often their pictures repeat");
  }

 private:
  void reject(const fs::path& file, std::string reason) {
    files_.rejected.push_back({{file.string(), "the picture"}, std::move(reason)});
  }

  void folder(const fs::path& root, const Repeated& named) {
    std::vector<fs::path> inside;
    for (auto at = fs::recursive_directory_iterator(root); at != fs::recursive_directory_iterator(); ++at) {
      if (at->is_directory() && !masks_.empty() && fs::equivalent(at->path(), masks_)) at.disable_recursion_pending();
      if (at->is_regular_file()) inside.push_back(at->path());
    }
    std::ranges::sort(inside);
    const std::set<fs::path> present(inside.begin(), inside.end());
    std::map<fs::path, std::string> captions;
    for (const fs::path& file : inside)
      if (file.filename() == "metadata.jsonl") read_metadata(file, present, captions);
    for (const fs::path& file : inside) {
      if (is_other_picture(file)) reject(file, "its format is not read: convert it to PNG, JPEG or WebP");
      if (!is_picture(file) || is_mask(file, present)) continue;
      add(file, present, captions, named);
    }
  }

  // {"file_name": "a.png", "text": "…"}
  void read_metadata(const fs::path& file, const std::set<fs::path>& present,
                     std::map<fs::path, std::string>& captions) {
    const std::string text = read_text_file(file, uint64_t{1} << 30);
    int64_t number = 0;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at);
      at = end + 1;
      ++number;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      std::string why = metadata_line(line, file, present, captions);
      if (!why.empty()) files_.rejected.push_back({{file.string(), "line " + std::to_string(number)}, std::move(why)});
    }
  }

  std::string metadata_line(const std::string& line, const fs::path& file, const std::set<fs::path>& present,
                            std::map<fs::path, std::string>& captions) const {
    json entry;
    try {
      entry = parse_json(line, file.string());
    } catch (const Error& error) {
      return error.why() + " of the line";
    }
    if (!entry.is_object() || !entry.contains("file_name") || !entry["file_name"].is_string())
      return "it has no \"file_name\"";
    const char* key = entry.contains("text") ? "text" : "caption";
    if (!entry.contains(key) || !entry[key].is_string()) return "it has no \"text\"";
    const std::string name = entry["file_name"].get<std::string>();
    const fs::path picture = (file.parent_path() / name).lexically_normal();
    if (!present.contains(picture)) return "there is no picture " + name + " in the folder";
    captions[picture] = caption_of(entry[key].get<std::string>());
    return {};
  }

  static bool is_mask(const fs::path& file, const std::set<fs::path>& present) {
    const std::string stem = file.stem().string();
    if (!stem.ends_with(mask_ending)) return false;
    const std::string of = stem.substr(0, stem.size() - mask_ending.size());
    return std::ranges::any_of(present, [&](const fs::path& other) {
      return other.parent_path() == file.parent_path() && other.stem() == of && is_picture(other);
    });
  }

  void add(const fs::path& file, const std::set<fs::path>& present, const std::map<fs::path, std::string>& captions,
           const Repeated& named) {
    PictureItem item;
    item.file = file;
    item.repeats = named.repeats;
    item.regularization = source_.regularization;
    item.mask = mask_of(file, present);
    if (const auto listed = captions.find(file.lexically_normal()); listed != captions.end()) {
      item.caption = listed->second;
    } else if (const fs::path beside = caption_file(file, present); !beside.empty()) {
      std::string text;
      try {
        if (fs::file_size(beside) > 0) text = read_text_file(beside, 1u << 20);
      } catch (const Error& error) {
        return reject(file, "its caption cannot be read: " + error.why());
      }
      if (!is_utf8(text)) return reject(file, "its caption is no UTF-8");
      item.caption = caption_of(std::move(text));
    } else {
      item.caption = named.name;
      if (named.name.empty()) ++files_.notes["pictures have no caption"];
    }
    files_.items.push_back(std::move(item));
  }

  std::string caption_of(std::string text) const {
    return source_.caption_lines ? several_lines(text) : one_line(std::move(text));
  }

  fs::path caption_file(const fs::path& file, const std::set<fs::path>& present) const {
    const std::vector<std::string> endings = source_.caption_ending.empty()
                                                 ? std::vector<std::string>{".txt", ".caption"}
                                                 : std::vector{source_.caption_ending};
    for (const std::string& ending : endings) {
      const fs::path beside = fs::path(file).replace_extension(ending);
      if (present.contains(beside)) return beside;
    }
    return {};
  }

  fs::path mask_of(const fs::path& file, const std::set<fs::path>& present) const {
    for (const char* ending : {".png", ".jpg", ".jpeg", ".webp"}) {
      const fs::path beside = file.parent_path() / (file.stem().string() + std::string(mask_ending) + ending);
      if (present.contains(beside)) return beside;
      if (masks_.empty()) continue;
      const fs::path apart = masks_ / (file.stem().string() + ending);
      if (fs::is_regular_file(apart)) return apart;
    }
    return {};
  }

  const DataSource& source_;
  fs::path masks_;
  PictureFiles& files_;
};

}  // namespace

void read_picture_source(const fs::path& path, const DataSource& source, const fs::path& masks, PictureFiles& files) {
  for (const fs::path& folder : {path, masks}) {
    if (folder.empty() || fs::is_directory(folder)) continue;
    throw Error(ErrorCategory::not_found, "cannot read pictures", folder.string(), "there is no such folder",
                "check the path in the recipe");
  }
  PictureReader(source, masks, files).read(path);
}

PictureFiles read_picture_sources(std::span<const DataSource> sources, const fs::path& folder) {
  PictureFiles files;
  for (const DataSource& source : sources)
    read_picture_source(folder / source.path, source, source.masks.empty() ? fs::path() : folder / source.masks, files);
  return files;
}

}  // namespace diptych::train
