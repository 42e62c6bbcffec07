// `diptych serve` with the real host, journal and protocol, but a model without weights that writes " t0 t1 t2 …": what
// the window does with a host can be tested fast, and the same each time.
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "engine/api/version.h"
#include "engine/host/host.h"
#include "engine/host/http/server.h"
#include "engine/host/http/token.h"
#include "engine/host/machine/host_lock.h"
#include "engine/model/registry.h"
#include "tests/engine/host/chat/fake_model.h"
#include "tests/engine/host/images/fake_image_model.h"

int main() {
  using namespace diptych::host;
  HostLock lock(default_lock_file());
  auto behaviour = std::make_shared<FakeBehaviour>();
  behaviour->tokens = 500;
  behaviour->token_us = 4000;
  behaviour->load_ms = 100;
  HostOptions options;
  options.version = "scripted";
  options.token = load_or_create_token(default_token_file());
  options.loader = std::make_shared<FakeLoader>(behaviour);
  options.image_loader = std::make_shared<FakeImageLoader>(std::make_shared<FakePainting>());
  options.registry = std::make_shared<diptych::ModelRegistry>();  // of nothing: every panel finds its addresses
  Host host(std::move(options));
  Server server("127.0.0.1", 0, [&](const HttpRequest& request) { return host.handle(request); });
  host.on_stop([] { _exit(0); });
  lock.publish({getpid(), "127.0.0.1", server.port(), diptych::api::protocol, default_token_file().string()});
  std::printf("listening on http://127.0.0.1:%d\n", server.port());
  std::fflush(stdout);
  server.serve();
  return 0;
}
