// Amounts of memory and disk in words.
#pragma once

#include <cstdint>
#include <string>

namespace diptych {

std::string gigabytes(int64_t bytes);  // "1.84 GB" of 10^9 bytes, "0.0123 GB" below a tenth; no less than nothing

}  // namespace diptych
