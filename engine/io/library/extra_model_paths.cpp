#include "engine/io/library/extra_model_paths.h"

#include <yaml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <string>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/paths.h"
#include "engine/io/library/model_layout.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

constexpr const char* extra_paths_name = "extra_model_paths.yaml";
constexpr uint64_t most_yaml_bytes = 64 << 10;
constexpr auto most_brackets = 256;  // libyaml's time grows with the square of how deep they are nested

// A document of libyaml, in which aliases are references, so that none can grow.
class YamlDocument {
 public:
  explicit YamlDocument(const fs::path& file) : file_(file), text_(read_text_file(file, most_yaml_bytes)) {
    if (std::ranges::count_if(text_, [](char c) { return c == '[' || c == '{'; }) > most_brackets) {
      fail(1, "it has more brackets than lists of folders have");
    }
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text_.data()), text_.size());
    const bool read = yaml_parser_load(&parser, &document_) != 0;
    const size_t line = parser.problem_mark.line + 1;
    const std::string problem = parser.problem == nullptr ? "it is no YAML" : parser.problem;
    yaml_parser_delete(&parser);
    if (!read) fail(line, problem);
  }
  ~YamlDocument() { yaml_document_delete(&document_); }
  YamlDocument(const YamlDocument&) = delete;
  YamlDocument& operator=(const YamlDocument&) = delete;

  yaml_node_t* root() { return yaml_document_get_root_node(&document_); }
  yaml_node_t* node(int index) { return yaml_document_get_node(&document_, index); }

  // Calls `take(key, value)` for the pairs of a mapping; keys are texts.
  template <typename Take>
  void each(const yaml_node_t& mapping, const Take& take) {
    const auto& pairs = mapping.data.mapping.pairs;
    for (const yaml_node_pair_t* pair = pairs.start; pair < pairs.top; ++pair) {
      const yaml_node_t* key = node(pair->key);
      const yaml_node_t* value = node(pair->value);
      if (key == nullptr || value == nullptr || key->type != YAML_SCALAR_NODE) fail(mapping, "a key is no text");
      take(text_of(*key), *value);
    }
  }
  static std::string text_of(const yaml_node_t& scalar) {
    return {reinterpret_cast<const char*>(scalar.data.scalar.value), scalar.data.scalar.length};
  }
  static bool is_nothing(const yaml_node_t& node) {
    if (node.type != YAML_SCALAR_NODE || node.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
    const std::string text = text_of(node);
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
  }

  [[noreturn]] void fail(const yaml_node_t& at, const std::string& why) const { fail(at.start_mark.line + 1, why); }

 private:
  [[noreturn]] void fail(size_t line, const std::string& why) const {
    throw Error(ErrorCategory::invalid_file, "cannot read ComfyUI's folders", file_.string(),
                "line " + std::to_string(line) + ": " + why,
                "write it as extra_model_paths.yaml.example beside it shows, or rename it");
  }

  const fs::path& file_;
  const std::string text_;
  yaml_document_t document_{};
};

std::string variable(const std::string& name, const std::string& unset) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? unset : value;
}

// "$HOME/x" and "${HOME}/x"; a variable that is not set stays as it is written.
std::string with_variables(const std::string& text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      result += text[at++];
      continue;
    }
    const bool braced = at + 1 < text.size() && text[at + 1] == '{';
    const size_t begin = at + (braced ? 2 : 1);
    size_t end = begin;
    while (end < text.size() &&
           (braced ? text[end] != '}' : std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
      ++end;
    }
    const size_t behind = std::min(text.size(), end + (braced ? 1 : 0));
    const std::string written = text.substr(at, behind - at);
    result +=
        end == begin || (braced && end == text.size()) ? written : variable(text.substr(begin, end - begin), written);
    at = behind;
  }
  return result;
}

fs::path with_home(const std::string& text) {
  if (text == "~") return home_dir();
  return text.starts_with("~/") ? home_dir() / text.substr(2) : fs::path(text);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
  }
  return lines;
}

// One section: the folders of one program.
void add_section(YamlDocument& yaml, const yaml_node_t& section, const fs::path& beside,
                 std::vector<ExtraModelFolder>& folders) {
  fs::path base = beside;
  yaml.each(section, [&](const std::string& key, const yaml_node_t& value) {
    if (key != "base_path" || YamlDocument::is_nothing(value)) return;
    if (value.type != YAML_SCALAR_NODE) yaml.fail(value, "base_path is no path");
    base = beside / with_home(with_variables(YamlDocument::text_of(value)));
  });
  yaml.each(section, [&](const std::string& key, const yaml_node_t& value) {
    const ModelKind kind = kind_of_folder_name(key);
    if (kind == ModelKind::unknown || YamlDocument::is_nothing(value)) return;
    if (value.type != YAML_SCALAR_NODE) yaml.fail(value, key + " is no path, nor one on each line");
    for (const std::string& line : lines_of(YamlDocument::text_of(value))) {
      folders.push_back({(base / line).lexically_normal(), kind});
    }
  });
}

}  // namespace

fs::path extra_model_paths_file(const fs::path& root) {
  std::error_code error;
  const fs::path whole = fs::absolute(root, error).lexically_normal();
  const fs::path own = whole.has_filename() ? whole : whole.parent_path();
  if (fs::is_regular_file(own / extra_paths_name, error)) return own / extra_paths_name;
  if (own.filename() != "models") return {};
  const fs::path above = own.parent_path() / extra_paths_name;
  return fs::is_regular_file(above, error) ? above : fs::path();
}

std::vector<ExtraModelFolder> read_extra_model_paths(const fs::path& file) {
  std::vector<ExtraModelFolder> folders;
  std::error_code error;
  if (fs::is_empty(file, error)) return folders;
  YamlDocument yaml(file);
  const yaml_node_t* root = yaml.root();
  if (root == nullptr || YamlDocument::is_nothing(*root)) return folders;  // nothing but comments
  if (root->type != YAML_MAPPING_NODE) yaml.fail(*root, "it is no list of sections");
  const fs::path beside = fs::absolute(file).parent_path();
  yaml.each(*root, [&](const std::string& name, const yaml_node_t& section) {
    if (YamlDocument::is_nothing(section)) return;
    if (section.type != YAML_MAPPING_NODE) yaml.fail(section, "the section " + name + " has no folders");
    add_section(yaml, section, beside, folders);
  });
  return folders;
}

}  // namespace diptych
