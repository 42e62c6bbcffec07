// Anything that was thrown, as the interface reports it.
#pragma once

#include <exception>
#include <string>

#include "engine/api/error.h"
#include "engine/core/error.h"

namespace diptych::host {

api::ErrorInfo describe(const std::exception_ptr& error);
api::ErrorInfo describe(const Error& error);

// A body or query that says something impossible.
[[noreturn]] void refuse(const std::string& field, const std::string& why);

}  // namespace diptych::host
