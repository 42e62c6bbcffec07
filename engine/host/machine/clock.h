// Time and names.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace diptych::host {

using SteadyClock = std::chrono::steady_clock;

int64_t now_ms();  // since the epoch

// An id that sorts by time: a letter for its kind, milliseconds and 32 random bits, in hexadecimal.
std::string new_id(char kind);

std::string random_hex(size_t bytes);  // from the system's random source; Error (io) where it has none

}  // namespace diptych::host
