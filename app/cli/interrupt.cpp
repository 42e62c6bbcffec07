#include "app/cli/interrupt.h"

#include <csignal>

namespace diptych::cli {
namespace {

CancelToken& token() {
  static CancelToken shared;
  return shared;
}

void on_interrupt(int signal) {
  if (token().cancelled()) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  token().cancel();  // an atomic store: allowed in a handler
}

}  // namespace

CancelToken cancel_on_interrupt() {
  token();  // made before the handler may run
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  return token();
}

CancelToken fresh_interrupt() {
  // The handler must not see a half-assigned token.
  std::signal(SIGINT, SIG_IGN);
  token() = CancelToken();
  return cancel_on_interrupt();
}

}  // namespace diptych::cli
