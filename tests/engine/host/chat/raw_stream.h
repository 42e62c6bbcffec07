// What a measurement of the host needs: streams that cost this side nothing, and the processor's time of this process.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "tests/engine/host/host_testing.h"

namespace diptych::host {

inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A stream read by poll, so that 256 of them need no threads on this side.
class RawStream {
 public:
  RawStream(int port, const std::string& path) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + test_token + "\r\n\r\n";
    connected_ = connected_ && send(socket_, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size());
  }
  ~RawStream() { close(socket_); }
  RawStream(const RawStream&) = delete;
  RawStream& operator=(const RawStream&) = delete;
  bool wait_for(const std::string& needle, int timeout_ms = 20000) {
    while (received_.find(needle) == std::string::npos) {
      pollfd ready{socket_, POLLIN, 0};
      char bytes[16384];
      if (poll(&ready, 1, timeout_ms) <= 0) return false;
      const ssize_t size = recv(socket_, bytes, sizeof(bytes), 0);
      if (size <= 0) return false;
      received_.append(bytes, static_cast<size_t>(size));
    }
    return true;
  }
  bool connected() const { return connected_; }
  const std::string& received() const { return received_; }

 private:
  int socket_;
  bool connected_ = false;
  std::string received_;
};

}  // namespace diptych::host
