#include "engine/host/http/errors.h"

#include <new>

#include "engine/api/fields.h"

namespace diptych::host {

api::ErrorInfo describe(const Error& error) {
  return api::make_error(error_category_name(error.category()), error.action(), error.thing(), error.why(),
                         error.to_do());
}

api::ErrorInfo describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return describe(known);
  } catch (const api::FieldError& field) {
    return api::make_error("invalid_argument", "cannot understand the request", field.field(), field.why(),
                           "correct it; engine/api/README.md describes each field");
  } catch (const std::bad_alloc&) {
    return api::make_error("out_of_memory", "cannot go on", "the engine host", "the system refused an allocation",
                           "close other programs or choose a smaller model");
  } catch (const std::exception& other) {
    return api::make_error("io", "unexpected failure", "the engine host", other.what(),
                           "please report it with what you did");
  } catch (...) {
    return api::make_error("io", "unexpected failure", "the engine host", "an unknown exception",
                           "please report it with what you did");
  }
}

void refuse(const std::string& field, const std::string& why) {
  throw api::FieldError(field, why);
}

}  // namespace diptych::host
