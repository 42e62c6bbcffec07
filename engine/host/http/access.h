// Who may ask: bearer token, Host and Origin, protocol version.
#pragma once

#include <optional>
#include <string>

#include "engine/host/http/http.h"

namespace diptych::host {

class AccessCheck {
 public:
  // `bound_host` is what the server listens on; "0.0.0.0" and "::" take any address, but no foreign name: a name that
  // an attacker's DNS points here (rebinding) is what a browser would send.
  AccessCheck(std::string token, std::string bound_host);

  // The refusal, or nothing where the request may go on.
  std::optional<HttpResponse> refuse(const HttpRequest& request) const;

 private:
  bool host_allowed(const std::string& authority) const;

  std::string token_, bound_host_;
};

bool is_loopback(const std::string& host);  // a loopback address or "localhost"

}  // namespace diptych::host
