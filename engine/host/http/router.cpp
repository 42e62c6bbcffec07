#include "engine/host/http/router.h"

#include <utility>

#include "engine/api/error.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> segments;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) segments.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

bool match(const std::vector<std::string>& pattern, const std::vector<std::string>& path, PathArguments& arguments) {
  const bool open = !pattern.empty() && pattern.back() == "{*}";
  if (open ? path.size() < pattern.size() : path.size() != pattern.size()) return false;
  arguments.clear();
  for (size_t i = 0; i < path.size(); ++i) {
    if (open && i + 1 >= pattern.size()) {
      if (i + 1 == pattern.size()) arguments.emplace_back();
      arguments.back() += (arguments.back().empty() ? "" : "/") + path[i];
    } else if (pattern[i] == "{}") {
      arguments.push_back(path[i]);
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

void Router::add(std::string method, const std::string& pattern, Handler handler) {
  routes_.push_back({std::move(method), split(pattern), std::move(handler)});
}

HttpResponse Router::handle(const HttpRequest& request) const {
  try {
    const std::vector<std::string> path = split(request.path);
    PathArguments arguments;
    std::string methods;
    for (const Route& route : routes_) {
      if (!match(route.segments, path, arguments)) continue;
      if (route.method == request.method) return route.handler(request, arguments);
      methods += (methods.empty() ? "" : ", ") + route.method;
    }
    const std::string thing = request.method.substr(0, 20) + " " + request.path.substr(0, 200);
    if (methods.empty()) {
      throw Error(ErrorCategory::not_found, "cannot answer", thing, "there is no such address",
                  "see engine/api/README.md for those there are");
    }
    return HttpResponse::json(api::error_body(api::make_error("invalid_argument", "cannot answer", thing,
                                                              "this address takes another method", "use " + methods)),
                              405);
  } catch (...) {
    return failure(std::current_exception());
  }
}

api::Json body_object(const HttpRequest& request) {
  if (request.body.empty()) return api::Json::object();
  auto json = api::parse(request.body);
  if (!json) {
    throw Error(ErrorCategory::invalid_argument, "cannot understand the request", "its body",
                "it is no JSON, or nested too deeply", "send one JSON object in UTF-8");
  }
  api::read_object(*json, "");
  return std::move(*json);
}

int64_t query_integer(const HttpRequest& request, const std::string& name, int64_t fallback, int64_t low,
                      int64_t high) {
  const std::string& text = request.argument(name);
  if (text.empty()) return fallback;
  const auto json = api::parse(text);
  if (!json) refuse(name, "it is no number");
  return api::read_integer(*json, name, low, high);
}

}  // namespace diptych::host
