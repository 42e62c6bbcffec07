#include "engine/io/library/pip_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engine/io/files/paths.h"
#include "engine/io/library/http_fetch.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

constexpr const char* default_index = "https://pypi.org/simple";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string trimmed(std::string_view text) {
  const auto space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

std::vector<fs::path> files() {
  const std::string chosen = variable("PIP_CONFIG_FILE");
  if (chosen == "/dev/null") return {};
  std::vector<fs::path> found;
  const std::string global = variable("XDG_CONFIG_DIRS");
  std::istringstream folders(global.empty() ? "/etc/xdg" : global);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty()) found.push_back(fs::path(folder) / "pip/pip.conf");
  }
  found.emplace_back("/etc/pip.conf");
  const std::string config = variable("XDG_CONFIG_HOME");
  found.push_back(home_dir() / ".pip/pip.conf");
  found.push_back((config.empty() ? home_dir() / ".config" : fs::path(config)) / "pip/pip.conf");
  if (const std::string environment = variable("VIRTUAL_ENV"); !environment.empty()) {
    found.push_back(fs::path(environment) / "pip.conf");
  }
  if (!chosen.empty()) found.emplace_back(chosen);
  return found;
}

}  // namespace

std::map<std::string, std::string> parse_pip_conf(std::string_view text) {
  std::map<std::string, std::map<std::string, std::string>> sections;
  std::string section, key;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::string content = trimmed(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if (std::isspace(static_cast<unsigned char>(line[0])) != 0 && !key.empty()) {  // goes on
      sections[section][key] += "\n" + content;
      continue;
    }
    if (content[0] == '[' && content.back() == ']') {
      section = content.substr(1, content.size() - 2);
      key.clear();
      continue;
    }
    const size_t cut = content.find_first_of("=:");
    if (cut == std::string::npos) continue;
    key = trimmed(std::string_view(content).substr(0, cut));
    std::ranges::transform(key, key.begin(),
                           [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
    sections[section][key] = trimmed(std::string_view(content).substr(cut + 1));
  }
  std::map<std::string, std::string> merged;
  for (const char* name : {"global", "install", "download"}) {
    for (const auto& [option, value] : sections[name]) merged[option] = value;
  }
  return merged;
}

bool PipConfig::trusts(const std::string& url) const {
  const std::string host = host_of(url);
  return std::ranges::any_of(trusted_hosts, [&](const std::string& trusted) {
    return trusted == host || (trusted.starts_with(host + ":") && url.find("//" + trusted) != std::string::npos);
  });
}

PipConfig read_pip_config() {
  std::map<std::string, std::string> options;
  for (const fs::path& file : files()) {
    std::ifstream in(file);
    if (!in) continue;
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const auto& [option, value] : parse_pip_conf(text)) options[option] = value;
  }
  constexpr std::array<std::pair<const char*, const char*>, 5> variables{{{"index-url", "PIP_INDEX_URL"},
                                                                          {"extra-index-url", "PIP_EXTRA_INDEX_URL"},
                                                                          {"cert", "PIP_CERT"},
                                                                          {"proxy", "PIP_PROXY"},
                                                                          {"trusted-host", "PIP_TRUSTED_HOST"}}};
  for (const auto& [option, name] : variables) {
    if (const std::string value = variable(name); !value.empty()) options[option] = value;
  }
  PipConfig config;
  config.indexes.push_back(options["index-url"].empty() ? default_index : options["index-url"]);
  for (std::string& index : words(options["extra-index-url"])) config.indexes.push_back(std::move(index));
  config.ca_file = options["cert"].empty() ? variable("SSL_CERT_FILE") : options["cert"];
  config.proxy = options["proxy"];
  config.trusted_hosts = words(options["trusted-host"]);
  return config;
}

}  // namespace diptych
