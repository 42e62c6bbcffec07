// How every endpoint reports a failure: {"error": {…}} with these fields.
#pragma once

#include <string>

#include "engine/api/fields.h"

namespace diptych::api {

struct ErrorInfo {
  std::string category;  // invalid_argument, not_found, invalid_file, unsupported, out_of_memory, io, unavailable, …
  std::string message;   // the four parts as one line
  std::string what, thing, why, to_do;

  bool operator==(const ErrorInfo&) const = default;
};

template <typename V>
void fields(V& v, ErrorInfo& x) {
  v("category", x.category);
  v("message", x.message);
  v("what", x.what);
  v("thing", x.thing);
  v("why", x.why);
  v("to_do", x.to_do);
}

ErrorInfo make_error(std::string category, std::string what, std::string thing, std::string why, std::string to_do);

int http_status(const std::string& category);  // 400, 401, 404, …

Json error_body(const ErrorInfo& error);  // {"error": …}
// The error in a reply's body, or what can be said of a body that is not ours (a proxy's page, nothing at all).
ErrorInfo read_error(const std::string& body, int status);

}  // namespace diptych::api
