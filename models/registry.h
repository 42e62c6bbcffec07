// Every architecture of this build.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

void register_all(ModelRegistry& registry);

}  // namespace diptych::models
