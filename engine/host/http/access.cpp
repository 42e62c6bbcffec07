#include "engine/host/http/access.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "engine/api/error.h"
#include "engine/api/version.h"
#include "engine/host/http/token.h"

namespace diptych::host {
namespace {

HttpResponse refusal(int status, const char* category, const char* what, const std::string& thing, const char* why,
                     const char* to_do) {
  // A header of any length and content comes back shortened.
  return HttpResponse::json(api::error_body(api::make_error(category, what, thing.substr(0, 100), why, to_do)), status);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// "[::1]:80" -> "::1", "localhost:80" -> "localhost"
std::string without_port(const std::string& authority) {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    return end == std::string::npos ? "" : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

}  // namespace

bool is_loopback(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return (ntohl(address.s_addr) >> 24) == 127;
  return host == "::1" || lower(host) == "localhost";
}

AccessCheck::AccessCheck(std::string token, std::string bound_host)
    : token_(std::move(token)), bound_host_(lower(std::move(bound_host))) {}

bool AccessCheck::host_allowed(const std::string& authority) const {
  const std::string host = lower(without_port(authority));
  if (is_loopback(host) || host == bound_host_) return !host.empty();
  return (bound_host_ == "0.0.0.0" || bound_host_ == "::") && is_address(host);
}

std::optional<HttpResponse> AccessCheck::refuse(const HttpRequest& request) const {
  const std::string& host = request.header("host");
  if (!host_allowed(host)) {
    return refusal(403, "unauthorized", "refused a request", "Host: " + host, "it names another server",
                   "use the address that the host printed when it started");
  }
  const std::string& origin = request.header("origin");
  if (!origin.empty() && lower(origin) != std::string("http://").append(lower(host))) {
    return refusal(403, "unauthorized", "refused a request", "Origin: " + origin, "pages of other sites may not ask",
                   "use a program, not a page of another site");
  }
  constexpr std::string_view scheme = "bearer ";
  const std::string& authorization = request.header("authorization");
  const bool bearer = lower(authorization.substr(0, scheme.size())) == scheme;
  if (!equal_in_constant_time(bearer ? std::string_view(authorization).substr(scheme.size()) : std::string_view(),
                              token_)) {
    return refusal(401, "unauthorized", "refused a request", request.path,
                   bearer ? "the token is wrong" : "it carries no bearer token",
                   "send 'Authorization: Bearer TOKEN' with the text of the host's token file");
  }
  const std::string& protocol = request.header("diptych-protocol");
  if (!protocol.empty() && !api::speaks_our_protocol(protocol)) {
    return refusal(400, "unsupported", "refused a request", "protocol " + protocol,
                   (std::string("this host speaks ") + api::protocol).c_str(), "update the older of the two programs");
  }
  return std::nullopt;
}

}  // namespace diptych::host
