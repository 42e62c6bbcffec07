// From method and path to a handler.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/host/http/http.h"

namespace diptych::host {

// The values of a pattern's {} and {*} segments, in order.
using PathArguments = std::vector<std::string>;
using Handler = std::function<HttpResponse(const HttpRequest&, const PathArguments&)>;

class Router {
 public:
  // "/api/jobs/{}/cancel": {} stands for one segment, {*} at the end for the rest.
  void add(std::string method, const std::string& pattern, Handler handler);

  // Never throws: what a handler throws becomes an error response, an unknown path 404, a wrong method 405.
  HttpResponse handle(const HttpRequest& request) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

// The body as a JSON object; an empty body is an empty object. FieldError, or Error (invalid_argument) for no JSON.
api::Json body_object(const HttpRequest& request);

// A number of the query; `fallback` where it is missing. FieldError.
int64_t query_integer(const HttpRequest& request, const std::string& name, int64_t fallback, int64_t low, int64_t high);

}  // namespace diptych::host
