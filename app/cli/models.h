// What `diptych models` prints of the library.
#pragma once

#include <string>

#include "engine/core/cancel.h"

namespace diptych::cli {

// `kind`: a name of model_kind_name(), or empty for all. Error (invalid_argument).
void list_models(bool json, const std::string& kind);

// As JSON, with the content's hash. Error: as resolve_model and the readers.
void show_model(const std::string& name, const CancelToken& cancel);

// Each folder with what it holds, and what is refused with the reason.
void index_models(bool json);

}  // namespace diptych::cli
