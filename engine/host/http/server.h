// Sockets: the only file that knows the HTTP library.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/host/http/http.h"

namespace diptych::host {

class Server {
 public:
  using Handle = std::function<HttpResponse(const HttpRequest&)>;

  // Binds; 0 takes any free port. Error (unavailable) for a taken port, invalid_argument for an address that is not
  // this machine's. `handle` is called on a connection's own thread, from many at once.
  Server(const std::string& host, int port, Handle handle);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  int connections() const;  // threads that serve a connection now
  void serve();             // returns after stop(), when every connection has ended
  void stop();              // from any thread; open streams must be ended by their owners

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diptych::host
