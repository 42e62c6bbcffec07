#include "engine/api/error.h"

#include <array>
#include <utility>

namespace diptych::api {

ErrorInfo make_error(std::string category, std::string what, std::string thing, std::string why, std::string to_do) {
  ErrorInfo error;
  error.message = what + ": " + thing + ": " + why + "; " + to_do;
  error.category = std::move(category);
  error.what = std::move(what);
  error.thing = std::move(thing);
  error.why = std::move(why);
  error.to_do = std::move(to_do);
  return error;
}

int http_status(const std::string& category) {
  static constexpr std::array<std::pair<const char*, int>, 10> statuses{{{"invalid_argument", 400},
                                                                         {"unauthorized", 401},
                                                                         {"not_found", 404},
                                                                         {"cancelled", 409},
                                                                         {"invalid_file", 422},
                                                                         {"unsupported", 422},
                                                                         {"unavailable", 503},
                                                                         {"out_of_memory", 507},
                                                                         {"io", 500},
                                                                         {"device_lost", 500}}};
  for (const auto& [name, status] : statuses) {
    if (category == name) return status;
  }
  return 500;
}

Json error_body(const ErrorInfo& error) {
  return Json{{"error", to_json(error)}};
}

ErrorInfo read_error(const std::string& body, int status) {
  if (const auto json = parse(body); json && json->is_object() && json->contains("error")) {
    try {
      return from_json<ErrorInfo>((*json)["error"]);
    } catch (const FieldError&) {
      // falls through: a server that is not ours
    }
  }
  return make_error("unavailable", "the request failed", "HTTP status " + std::to_string(status),
                    "the answer is not an engine host's", "check that the address and port are those of a host");
}

}  // namespace diptych::api
