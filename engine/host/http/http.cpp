#include "engine/host/http/http.h"

#include <utility>

#include "engine/api/error.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

const std::string& find(const std::map<std::string, std::string>& map, const std::string& name) {
  static const std::string none;
  const auto found = map.find(name);
  return found == map.end() ? none : found->second;
}

}  // namespace

const std::string& HttpRequest::header(const std::string& lower_case_name) const {
  return find(headers, lower_case_name);
}

const std::string& HttpRequest::argument(const std::string& name) const {
  return find(query, name);
}

HttpResponse HttpResponse::json(const api::Json& value, int status) {
  HttpResponse response;
  response.status = status;
  response.body = api::dump(value);
  return response;
}

HttpResponse HttpResponse::event_stream(std::shared_ptr<Stream> stream) {
  HttpResponse response;
  response.content_type = "text/event-stream";
  response.stream = std::move(stream);
  return response;
}

HttpResponse failure(std::exception_ptr error) {
  const api::ErrorInfo info = describe(error);
  return HttpResponse::json(api::error_body(info), api::http_status(info.category));
}

}  // namespace diptych::host
