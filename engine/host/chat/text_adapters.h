// Adapters that answers are written with: from names to files.
#pragma once

#include <vector>

#include "engine/api/settings.h"
#include "engine/host/chat/text_model.h"

namespace diptych::host {

// A whole path, or a name of the library. Error: not_found lists the names there are.
std::vector<AdapterPath> text_adapters(const std::vector<api::TextAdapter>& adapters);

}  // namespace diptych::host
