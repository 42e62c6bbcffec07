// T2IAdapter: a small network that sees a picture once, and whose features are added to the levels of a UNet's way down
// (Mou et al. 2024); the forms full_adapter, full_adapter_xl and light_adapter.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a diffusers folder.
std::unique_ptr<ControlModel> load_t2i_adapter(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
