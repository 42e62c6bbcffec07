// The bearer token: 32 random bytes in hexadecimal, in a file that only its user can read.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace diptych::host {

std::filesystem::path default_token_file();  // host.token in runtime_dir()

// The file's token, or a new one written there (mode 0600 from its first moment, renamed into place). A file that
// others can read is refused. Error: io, invalid_file, unauthorized.
std::string load_or_create_token(const std::filesystem::path& path);

// Takes the same time wherever two texts of one length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace diptych::host
