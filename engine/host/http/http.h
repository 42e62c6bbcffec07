// Requests and responses as the host's handlers see them: no sockets, no HTTP library.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/fields.h"
#include "engine/host/machine/clock.h"

namespace diptych::host {

struct HttpPart {  // of a multipart body
  std::string name, file_name, content;
};

struct HttpRequest {
  std::string method;                          // "GET"
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::vector<HttpPart> parts;  // instead of a body, of multipart/form-data

  const std::string& header(const std::string& lower_case_name) const;  // "" where there is none
  const std::string& argument(const std::string& name) const;           // of the query; "" where there is none
};

// A body that is written while it comes into being. It belongs to one connection's thread, which it may block.
class Stream {
 public:
  virtual ~Stream() = default;
  // Appends what is to be sent next; waits for it until `until` and then returns with nothing. False: that was all.
  virtual bool next(std::string& out, SteadyClock::time_point until) = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::shared_ptr<Stream> stream;  // instead of a body
  std::map<std::string, std::string> headers;

  static HttpResponse json(const api::Json& value, int status = 200);
  static HttpResponse event_stream(std::shared_ptr<Stream> stream);
};

// What a handler threw, as a response with the four-part error.
HttpResponse failure(std::exception_ptr error);

}  // namespace diptych::host
