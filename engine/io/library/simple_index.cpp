#include "engine/io/library/simple_index.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/io/files/ascii.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/http_fetch.h"

namespace diptych {
namespace {

std::string unescaped_html(std::string text) {
  constexpr std::pair<const char*, const char*> entities[] = {{"&quot;", "\""}, {"&#x27;", "'"}, {"&#39;", "'"},
                                                              {"&lt;", "<"},    {"&gt;", ">"},   {"&amp;", "&"}};
  for (const auto& [entity, character] : entities) {
    for (size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1)) {
      text.replace(at, std::string_view(entity).size(), character);
    }
  }
  return text;
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// The value of an attribute inside a tag.
std::string attribute(std::string_view tag, std::string_view name) {
  const std::string small = ascii_lower(std::string(tag));
  for (size_t at = small.find(name); at != std::string::npos; at = small.find(name, at + 1)) {
    if (at == 0 || std::isspace(static_cast<unsigned char>(small[at - 1])) == 0) continue;
    size_t i = at + name.size();
    while (i < tag.size() && tag[i] == ' ') ++i;
    if (i >= tag.size() || tag[i] != '=') continue;
    do ++i;
    while (i < tag.size() && tag[i] == ' ');
    if (i >= tag.size()) break;
    if (tag[i] == '"' || tag[i] == '\'') {
      const size_t end = tag.find(tag[i], i + 1);
      if (end == std::string_view::npos) break;
      return unescaped_html(std::string(tag.substr(i + 1, end - i - 1)));
    }
    return unescaped_html(std::string(tag.substr(i, tag.find_first_of(" \t\r\n", i) - i)));
  }
  return {};
}

// Splits "…#sha256=…" off and takes the name from the path.
IndexFile from_link(const std::string& base, const std::string& link) {
  IndexFile file;
  std::string url = resolve_url(base, link);
  const size_t hash = url.find('#');
  if (hash != std::string::npos) {
    const std::string fragment = url.substr(hash + 1);
    if (fragment.starts_with("sha256=") && is_sha256(fragment.substr(7))) file.sha256 = ascii_lower(fragment.substr(7));
    url.resize(hash);
  }
  const std::string path = url.substr(0, url.find('?'));
  file.name = path.substr(path.rfind('/') + 1);
  file.url = std::move(url);
  return file;
}

}  // namespace

std::string normalized_package(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (!separator) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (out.empty() || out.back() != '-') {
      out += '-';
    }
  }
  return out;
}

std::vector<IndexFile> parse_index_html(std::string_view page, const std::string& base) {
  std::vector<IndexFile> files;
  std::string from = base;
  for (size_t at = page.find('<'); at != std::string_view::npos; at = page.find('<', at + 1)) {
    const size_t end = page.find('>', at);
    if (end == std::string_view::npos) break;
    const std::string_view tag = page.substr(at + 1, end - at - 1);
    const std::string word = ascii_lower(std::string(tag.substr(0, tag.find_first_of(" \t\r\n"))));
    const std::string link = word == "a" || word == "base" ? attribute(tag, "href") : std::string();
    if (link.empty()) continue;
    if (word == "base") {
      if (std::string resolved = resolve_url(base, link); !resolved.empty()) from = std::move(resolved);
      continue;
    }
    if (IndexFile file = from_link(from, link); !file.url.empty()) files.push_back(std::move(file));
  }
  return files;
}

std::vector<IndexFile> parse_index_json(std::string_view page, const std::string& base) {
  const nlohmann::json root = parse_json(page, without_credentials(base));
  std::vector<IndexFile> files;
  const auto list = root.is_object() ? root.find("files") : root.end();
  if (list == root.end() || !list->is_array()) return files;
  for (const nlohmann::json& item : *list) {
    if (!item.is_object() || !item.contains("url") || !item["url"].is_string()) continue;
    IndexFile file = from_link(base, item["url"].get<std::string>());
    if (file.url.empty()) continue;
    if (item.contains("filename") && item["filename"].is_string()) file.name = item["filename"].get<std::string>();
    if (item.contains("size") && item["size"].is_number_unsigned()) file.size_bytes = item["size"].get<uint64_t>();
    const auto hashes = item.find("hashes");
    if (hashes != item.end() && hashes->is_object() && hashes->contains("sha256") && (*hashes)["sha256"].is_string()) {
      const auto hash = (*hashes)["sha256"].get<std::string>();
      if (is_sha256(hash)) file.sha256 = ascii_lower(hash);
    }
    files.push_back(std::move(file));
  }
  return files;
}

const IndexFile* find_wheel(const std::vector<IndexFile>& files, std::string_view package, std::string_view version) {
  for (const IndexFile& file : files) {
    if (!file.name.ends_with(".whl")) continue;
    const size_t first = file.name.find('-');
    const size_t second = first == std::string::npos ? first : file.name.find('-', first + 1);
    if (second == std::string::npos) continue;
    if (normalized_package(file.name.substr(0, first)) == normalized_package(package) &&
        file.name.substr(first + 1, second - first - 1) == version) {
      return &file;
    }
  }
  return nullptr;
}

}  // namespace diptych
