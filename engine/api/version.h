// GET /api/version, the first request of every client.
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/fields.h"

namespace diptych::api {

// Another major is refused by both sides; a newer minor only adds fields, events and endpoints.
inline constexpr int protocol_major = 1;
inline constexpr int protocol_minor = 1;
inline constexpr const char* protocol = "1.1";

// A client may say what it speaks with this header; without it, it is taken to speak the host's own version.
inline constexpr const char* protocol_header = "Diptych-Protocol";

struct VersionInfo {
  std::string protocol;  // "major.minor"
  std::string version;   // of the program
  int64_t pid = 0;
  std::string host_id;     // of this run: event ids of another run mean nothing
  int64_t started_ms = 0;  // since the epoch
};

template <typename V>
void fields(V& v, VersionInfo& x) {
  v("protocol", x.protocol);
  v("version", x.version);
  v("pid", x.pid);
  v("host_id", x.host_id);
  v("started_ms", x.started_ms);
}

// True where "major.minor" has our major.
inline bool speaks_our_protocol(const std::string& text) {
  return text.substr(0, text.find('.')) == std::to_string(protocol_major);
}

}  // namespace diptych::api
