// Downloads over HTTP(S) with libcurl. Proxies come from http_proxy, https_proxy and no_proxy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/cancel.h"

namespace diptych {

struct HttpOptions {
  std::string ca_file;        // PEM; empty: the system's
  bool verify = true;         // off only for hosts that the user's configuration trusts
  std::string proxy;          // empty: the environment's
  std::string bearer_token;   // never sent to another host after a redirect
  std::string user_password;  // "user:password" of an index address
  std::vector<std::string> headers;
  int connect_timeout_s = 30;
  int stall_timeout_s = 60;  // gives up after this long without a byte
};

struct HttpResponse {
  long status = 0;
  std::string url;  // after redirects
  std::string content_type;
  std::string body;
};

// A small document, at most `limit_bytes`. Answers of any status are returned. Error (io): no connection, …
HttpResponse http_get(const std::string& url, const HttpOptions& options, const CancelToken& cancel = {},
                      uint64_t limit_bytes = 64u << 20);

// Bytes on disk and bytes in all; 0: not known yet.
using HttpProgress = std::function<void(uint64_t bytes, uint64_t total)>;

// Downloads into `part`. What is there already is continued with a range request, if the server still has the same
// file (its ETag or date is kept beside, in PART.from); otherwise from the start. Cut connections and server errors are
// tried again, `attempts` in all. Error: not_found (404, 410), unauthorized (401, 403), io, cancelled; `part` stays.
struct HttpDownload {
  HttpOptions options;
  uint64_t limit_bytes = 0;  // refuses more than this; 0: no limit
  int attempts = 5;
  int first_wait_ms = 500;  // doubled after each failure
};
void http_download(const std::string& url, const std::filesystem::path& part, const HttpDownload& download,
                   const HttpProgress& progress, const CancelToken& cancel);

// The address without user and password, for messages.
std::string without_credentials(const std::string& url);
std::string host_of(const std::string& url);
// Resolves a link of a page. "" where it is no HTTP(S) address.
std::string resolve_url(const std::string& base, const std::string& link);

}  // namespace diptych
