// Logging to stderr, with times and levels. Results go to stdout, never through here.
//
// DIPTYCH_LOG sets the level by name (trace, debug, info, warn, error, off); the default is warn. spdlog is behind it,
// in one file, as its headers take longer to compile than most of those that log.
#pragma once

#include <string_view>

namespace diptych {

void log_info(std::string_view message);
void log_warning(std::string_view message);

}  // namespace diptych
