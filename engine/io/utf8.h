// UTF-8 validity: shortest forms only, no surrogates, nothing above U+10FFFF (RFC 3629).
#pragma once

#include <string_view>

namespace diptych {

bool is_utf8(std::string_view text);

}  // namespace diptych
