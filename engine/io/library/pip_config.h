// Where packages come from, as the user configured it for pip: PIP_* variables over pip.conf.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace diptych {

struct PipConfig {
  std::vector<std::string> indexes;  // index-url first, then extra-index-url
  std::string ca_file;               // PIP_CERT, cert, SSL_CERT_FILE; empty: the system's
  std::string proxy;
  std::vector<std::string> trusted_hosts;  // "host" or "host:port": certificates are not checked

  bool trusts(const std::string& url) const;
};

// Reads the environment and the files that pip reads, in its order: global, user, virtual environment, PIP_CONFIG_FILE.
PipConfig read_pip_config();

// The [global], [install] and [download] sections of one file over each other; "-" and "_" in names are the same.
std::map<std::string, std::string> parse_pip_conf(std::string_view text);

}  // namespace diptych
