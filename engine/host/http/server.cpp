#include "engine/host/http/server.h"

#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cctype>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>

#include "engine/api/error.h"
#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/host/http/access.h"
#include "engine/host/http/connection_threads.h"
#include "engine/host/machine/thread_name.h"

namespace diptych::host {
namespace {

constexpr size_t body_limit_bytes = 32u << 20;
constexpr auto keep_alive = std::chrono::seconds(15);

class TaskQueue final : public httplib::TaskQueue {
 public:
  explicit TaskQueue(ConnectionThreads& threads) : threads_(threads) {}
  void enqueue(std::function<void()> task) override { threads_.enqueue(std::move(task)); }
  void shutdown() override { threads_.shutdown(); }

 private:
  ConnectionThreads& threads_;
};

class HttpServer final : public httplib::Server {
 public:
  // The library's backlog of 5 would drop connections that come at once.
  void widen_backlog() { ::listen(svr_sock_, 512); }
  int bound_port() const {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (getsockname(svr_sock_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port)
                                         : ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  }
};

HttpRequest to_request(const httplib::Request& in) {
  HttpRequest request;
  request.method = in.method;
  request.path = in.path;
  request.body = in.body;
  for (const auto& [name, part] : in.files) request.parts.push_back({name, part.filename, part.content});
  for (const auto& [name, value] : in.params) request.query.emplace(name, value);
  for (const auto& [name, value] : in.headers) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    // A header that must be single and comes twice is somebody's trick: no value fits it.
    const auto [place, is_new] = request.headers.emplace(lower, value);
    if (!is_new && (lower == "host" || lower == "origin" || lower == "authorization")) place->second.assign(1, '\n');
  }
  return request;
}

void write_stream(const std::shared_ptr<Stream>& stream, const std::string& type, httplib::Response& out) {
  out.set_header("Cache-Control", "no-store");
  out.set_header("X-Accel-Buffering", "no");
  out.set_chunked_content_provider(type, [stream](size_t, httplib::DataSink& sink) {
    std::string piece;
    bool more = false;
    try {
      more = stream->next(piece, SteadyClock::now() + keep_alive);
    } catch (const std::exception& error) {
      log_warning(std::string("a stream ended early: ") + error.what());
      return false;
    }
    if (piece.empty() && more) piece = ": still here\n\n";
    if (!piece.empty() && !sink.write(piece.data(), piece.size())) return false;  // the client is gone
    if (!more) sink.done();
    return true;
  });
}

std::string transport_error(int status) {
  const bool large = status == 413 || status == 414;
  return api::dump(api::error_body(api::make_error(
      "invalid_argument", "cannot read the request", "HTTP status " + std::to_string(status),
      large ? "it is larger than this host takes" : "it is no request that this host understands",
      large ? "send less at once (bodies up to 32 MiB)" : "see engine/api/README.md for those there are")));
}

}  // namespace

struct Server::Impl {
  Handle handle;
  ConnectionThreads threads;
  HttpServer http;
  int port = 0;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false, serving = false;
};

Server::Server(const std::string& host, int port, Handle handle) : impl_(std::make_unique<Impl>()) {
  impl_->handle = std::move(handle);
  HttpServer& http = impl_->http;
  http.new_task_queue = [this] { return new TaskQueue(impl_->threads); };
  http.set_payload_max_length(body_limit_bytes);
  http.set_tcp_nodelay(true);  // a token is a small packet that must not wait for the next
  http.set_write_timeout(30);
  http.set_keep_alive_max_count(1);  // the library looks at a kept connection 100 times per second

  // Not the library's SO_REUSEPORT: with it a second server would bind a taken port and share its connections.
  http.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  const auto answer = [this](const httplib::Request& in, httplib::Response& out) {
    const HttpResponse response = impl_->handle(to_request(in));
    out.status = response.status;
    for (const auto& [name, value] : response.headers) out.set_header(name, value);
    if (response.stream) {
      write_stream(response.stream, response.content_type, out);
    } else {
      out.set_content(response.body, response.content_type);
    }
  };
  http.Get(".*", answer).Post(".*", answer).Put(".*", answer).Patch(".*", answer).Delete(".*", answer);
  http.Options(".*", answer);
  http.set_error_handler([](const httplib::Request&, httplib::Response& out) {
    if (out.body.empty()) out.set_content(transport_error(out.status), "application/json");
  });
  http.set_exception_handler([](const httplib::Request&, httplib::Response& out, std::exception_ptr error) {
    const HttpResponse response = failure(error);
    out.status = response.status;
    out.set_content(response.body, response.content_type);
  });
  errno = 0;
  const bool bound = port == 0 ? http.bind_to_any_port(host) > 0 : http.bind_to_port(host, port);
  if (!bound) {
    const int error = errno;
    const std::string address = host + ":" + std::to_string(port);
    if (error == EADDRINUSE) {
      throw Error(ErrorCategory::unavailable, "cannot listen", address, "the port is taken by another program",
                  "choose another with --port, or --port 0 for any free one");
    }
    if (error == EACCES) {
      throw Error(ErrorCategory::io, "cannot listen", address, "this user may not use the port",
                  "choose one above 1023 with --port");
    }
    throw Error(ErrorCategory::invalid_argument, "cannot listen", address,
                error == 0 ? "it is no address of this machine" : std::strerror(error),
                "use --host 127.0.0.1 or an address that this machine has");
  }
  http.widen_backlog();
  impl_->port = http.bound_port();
}

Server::~Server() = default;

int Server::port() const {
  return impl_->port;
}

int Server::connections() const {
  return impl_->threads.busy();
}

void Server::serve() {
  name_this_thread("listener");
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopped) return;
    impl_->serving = true;
  }
  impl_->http.listen_after_bind();
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->serving = false;
  }
  impl_->changed.notify_all();
}

void Server::stop() {
  std::unique_lock lock(impl_->mutex);
  if (std::exchange(impl_->stopped, true) || !impl_->serving) return;
  // The library ignores a stop that comes before it began to listen.
  while (impl_->serving && !impl_->http.is_running()) impl_->changed.wait_for(lock, std::chrono::milliseconds(1));
  lock.unlock();
  impl_->http.stop();
}

}  // namespace diptych::host
