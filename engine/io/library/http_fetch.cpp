#include "engine/io/library/http_fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <thread>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::string part_of(const std::string& url, CURLUPart part) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
  char* text = nullptr;
  if (curl_url_get(parsed.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// Of one transfer: where bytes go and what the headers said.
struct Transfer {
  std::function<bool(std::string_view)> sink;
  CancelToken cancel;
  CURL* easy = nullptr;
  std::string validator;                // ETag (strong) or Last-Modified
  std::optional<uint64_t> range_begin;  // of Content-Range
  uint64_t content_length = 0;
};

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return transfer.sink({data, size * count}) ? size * count : 0;
}

bool same_prefix(std::string_view line, std::string_view name) {
  return line.size() > name.size() && std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size * count);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  const auto value = [&] {
    std::string_view text = line.substr(line.find(':') + 1);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    return text;
  };
  const auto number = [](std::string_view text) {
    uint64_t result = 0;
    std::from_chars(text.data(), text.data() + text.size(), result);
    return result;
  };
  if (line.starts_with("HTTP/")) {  // a new answer, after a redirect
    transfer.validator.clear();
    transfer.range_begin.reset();
    transfer.content_length = 0;
  } else if (same_prefix(line, "etag:") && !value().starts_with("W/")) {
    transfer.validator = value();
  } else if (same_prefix(line, "last-modified:") && transfer.validator.empty()) {
    transfer.validator = value();
  } else if (same_prefix(line, "content-length:")) {
    transfer.content_length = number(value());
  } else if (same_prefix(line, "content-range:") && value().starts_with("bytes ")) {
    transfer.range_begin = number(value().substr(6));
  }
  return size * count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->cancel.cancelled() ? 1 : 0;
}

struct Outcome {
  CURLcode code;
  long status;
  std::string url, content_type, message;
};

Outcome perform(const std::string& url, const HttpOptions& options, const std::vector<std::string>& more_headers,
                Transfer& transfer) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Easy easy(global == CURLE_OK ? curl_easy_init() : nullptr, &curl_easy_cleanup);
  if (!easy)
    throw Error(ErrorCategory::io, "cannot download", without_credentials(url), "libcurl does not start",
                "check its installation");
  CURL* curl = easy.get();
  transfer.easy = curl;
  char error[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  // A secured address never leads to an open one.
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("https:") ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "diptych");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout_s));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout_s));
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.verify) {
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!options.proxy.empty()) curl_easy_setopt(curl, CURLOPT_PROXY, options.proxy.c_str());
  if (!options.user_password.empty()) curl_easy_setopt(curl, CURLOPT_USERPWD, options.user_password.c_str());
  if (!options.bearer_token.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, options.bearer_token.c_str());
  }
  Headers headers(nullptr, &curl_slist_free_all);
  for (const auto* list : {&options.headers, &more_headers}) {
    for (const std::string& line : *list) headers.reset(curl_slist_append(headers.release(), line.c_str()));
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  Outcome outcome{curl_easy_perform(curl), 0, url, "", ""};
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &outcome.status);
  char* text = nullptr;
  if (curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &text) == CURLE_OK && text != nullptr) outcome.url = text;
  text = nullptr;
  if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK && text != nullptr) outcome.content_type = text;
  outcome.message = *error != '\0' ? error : curl_easy_strerror(outcome.code);
  transfer.easy = nullptr;
  transfer.cancel.throw_if_cancelled();
  return outcome;
}

[[noreturn]] void no_connection(const std::string& url, const std::string& why) {
  throw Error(ErrorCategory::io, "cannot download", without_credentials(url), why,
              "check the network and try again; what has arrived is kept");
}

// The part file, and beside it which file of the server it is a part of.
class Part {
 public:
  explicit Part(const fs::path& path) : path_(path), from_(path) {
    from_ += ".from";
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd_ < 0) fail(errno);
    struct stat status {};
    if (::fstat(fd_, &status) == 0) size_ = static_cast<uint64_t>(status.st_size);
    std::ifstream in(from_);
    validator_.assign(std::istreambuf_iterator<char>(in), {});
    if (validator_.empty()) restart();  // nothing says what it is a part of
  }
  ~Part() {
    if (fd_ >= 0) ::close(fd_);
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  uint64_t size() const { return size_; }
  const std::string& validator() const { return validator_; }
  void restart() {
    if (::ftruncate(fd_, 0) != 0) fail(errno);
    size_ = 0;
  }
  void remember(const std::string& validator) {
    if (validator == validator_) return;
    validator_ = validator;
    write_text_file(from_, validator);
  }
  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(errno);
      size_ += static_cast<uint64_t>(written);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }

 private:
  [[noreturn]] void fail(int error) const {
    throw Error(ErrorCategory::io, "cannot write file", path_.string(), std::strerror(error),
                error == ENOSPC ? "free some space and try again; what has arrived is kept"
                                : "check that the folder can be written");
  }

  fs::path path_, from_;
  std::string validator_;
  uint64_t size_ = 0;
  int fd_ = -1;
};

// One request. True: the file is complete. False: try again for the reason in `why`.
bool attempt(const std::string& url, Part& part, const HttpDownload& download, const HttpProgress& progress,
             const CancelToken& cancel, std::string& why) {
  Transfer transfer{
      .sink = {}, .cancel = cancel, .easy = nullptr, .validator = {}, .range_begin = {}, .content_length = 0};
  std::vector<std::string> headers{"Accept-Encoding: identity"};
  const uint64_t resume_at = part.size();
  if (resume_at > 0) {
    headers.push_back("Range: bytes=" + std::to_string(resume_at) + "-");
    headers.push_back("If-Range: " + part.validator());
  }
  bool started = false;
  std::exception_ptr failure;  // an exception must not pass through libcurl
  transfer.sink = [&](std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206) return true;  // the body of an error: read and forgotten
    try {
      if (!started) {
        started = true;
        if (status == 200 || transfer.range_begin != resume_at) part.restart();
        if (status == 206 && transfer.range_begin != resume_at) {
          why = "the server answered with another range than was asked for";
          return false;
        }
        part.remember(transfer.validator.empty() ? "" : transfer.validator);
      }
      if (download.limit_bytes != 0 && part.size() + bytes.size() > download.limit_bytes) {
        throw Error(ErrorCategory::invalid_file, "cannot download", without_credentials(url),
                    "it is larger than the " + std::to_string(download.limit_bytes) + " bytes expected",
                    "use another source");
      }
      part.append(bytes);
      if (progress)
        progress(part.size(),
                 transfer.content_length == 0 ? 0 : transfer.content_length + (status == 206 ? resume_at : 0));
      return true;
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  };
  const Outcome outcome = perform(url, download.options, headers, transfer);
  if (failure) std::rethrow_exception(failure);
  if (outcome.code == CURLE_OK && (outcome.status == 200 || outcome.status == 206)) {
    if (!started) part.restart();  // an empty file
    return true;
  }
  if (outcome.status == 416) {
    part.restart();
    why = "the server refused to continue";
    return false;
  }
  if (outcome.code != CURLE_OK) {
    if (why.empty()) why = outcome.message;
    return false;
  }
  why = "the server answered " + std::to_string(outcome.status);
  if (outcome.status == 408 || outcome.status == 429 || outcome.status >= 500) return false;
  const bool refused = outcome.status == 401 || outcome.status == 403;
  const bool missing = outcome.status == 404 || outcome.status == 410;
  throw Error(missing   ? ErrorCategory::not_found
              : refused ? ErrorCategory::unauthorized
                        : ErrorCategory::io,
              "cannot download", without_credentials(url), why,
              refused ? "set HF_TOKEN, or the user and password of the index" : "use another source");
}

}  // namespace

std::string without_credentials(const std::string& url) {
  const std::string user = part_of(url, CURLUPART_USER);
  if (user.empty()) return url;
  const size_t begin = url.find("//");
  const size_t end = url.find('@');
  if (begin == std::string::npos || end == std::string::npos) return host_of(url);
  return url.substr(0, begin + 2) + url.substr(end + 1);
}

std::string host_of(const std::string& url) {
  return part_of(url, CURLUPART_HOST);
}

std::string resolve_url(const std::string& base, const std::string& link) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK) return {};
  if (curl_url_set(parsed.get(), CURLUPART_URL, link.c_str(), 0) != CURLUE_OK) return {};
  char* text = nullptr;
  if (curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) return {};
  std::string url(text);
  curl_free(text);
  return url.starts_with("http://") || url.starts_with("https://") ? url : std::string();
}

HttpResponse http_get(const std::string& url, const HttpOptions& options, const CancelToken& cancel,
                      uint64_t limit_bytes) {
  HttpResponse response;
  bool too_large = false;
  Transfer transfer{
      .sink = {}, .cancel = cancel, .easy = nullptr, .validator = {}, .range_begin = {}, .content_length = 0};
  transfer.sink = [&](std::string_view bytes) {
    too_large = response.body.size() + bytes.size() > limit_bytes;
    if (!too_large) response.body.append(bytes);
    return !too_large;
  };
  const Outcome outcome = perform(url, options, {}, transfer);
  if (too_large) no_connection(url, "the answer is larger than " + std::to_string(limit_bytes) + " bytes");
  if (outcome.code != CURLE_OK) no_connection(url, outcome.message);
  response.status = outcome.status;
  response.url = outcome.url;
  response.content_type = outcome.content_type;
  return response;
}

void http_download(const std::string& url, const fs::path& path, const HttpDownload& download,
                   const HttpProgress& progress, const CancelToken& cancel) {
  make_folder(path.parent_path());
  Part part(path);
  int wait_ms = download.first_wait_ms;
  for (int tried = 1;; ++tried) {
    const uint64_t before = part.size();
    std::string why;
    if (attempt(url, part, download, progress, cancel, why)) return;
    if (part.size() > before) {  // it moves: a slow line is not a broken one
      tried = 1;
      wait_ms = download.first_wait_ms;
    }
    if (tried >= download.attempts) no_connection(url, why);
    for (int waited = 0; waited < wait_ms; waited += 50) {
      cancel.throw_if_cancelled();
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(50, wait_ms)));
    }
    wait_ms *= 2;
  }
}

}  // namespace diptych
