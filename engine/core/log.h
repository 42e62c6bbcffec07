// Logging: one spdlog logger for the process, to stderr. Results go to stdout, never through here.
#pragma once

#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace diptych {

// Level by name (trace, debug, info, warn, error, off); DIPTYCH_LOG overrides. The default is warn.
void set_log_level(const std::string& level);

// The logger is made at first use and lives as long as the process; include <spdlog/spdlog.h> where you log.
std::shared_ptr<spdlog::logger> log();

}  // namespace diptych
