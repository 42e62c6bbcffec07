// diptych serve: the engine host.
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "app/cli/commands.h"
#include "engine/api/version.h"
#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/host/access.h"
#include "engine/host/engine_image_loader.h"
#include "engine/host/engine_loader.h"
#include "engine/host/host.h"
#include "engine/host/host_lock.h"
#include "engine/host/server.h"
#include "engine/host/token.h"
#include "engine/io/paths.h"
#include "engine/ops/instruction_set.h"
#include "engine/telemetry/processor.h"
#include "engine/telemetry/rapl.h"
#include "models/checkpoint/describe.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

struct ServeOptions {
  std::string address = "127.0.0.1";
  int port = 0;
  std::string token_file;
  std::vector<std::string> models;
  int threads = 0;
  int linger_s = 600;
  bool stay = false, insecure = false;
};

// Signals and the host's own wish to end, as one thing to wait for.
class StopSignal {
 public:
  StopSignal() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    // Blocked before any thread is made, so that all of them inherit it and the signal arrives here.
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signals_ = signalfd(-1, &signals, SFD_CLOEXEC);
    wish_ = eventfd(0, EFD_CLOEXEC);
    if (signals_ < 0 || wish_ < 0) {
      throw Error(ErrorCategory::io, "cannot wait for signals", "signalfd", "the system has no file descriptors left",
                  "close other programs or raise the limit (ulimit -n)");
    }
  }
  ~StopSignal() {
    close(signals_);
    close(wish_);
  }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  void raise() const { eventfd_write(wish_, 1); }
  void wait() const {
    pollfd ready[2] = {{signals_, POLLIN, 0}, {wish_, POLLIN, 0}};
    while (poll(ready, 2, -1) < 0 && errno == EINTR) {
    }
  }

 private:
  int signals_ = -1, wish_ = -1;
};

void serve(const ServeOptions& options) {
  if (!host::is_loopback(options.address) && !options.insecure) {
    throw Error(ErrorCategory::invalid_argument, "cannot serve", options.address,
                "it is not loopback, and this build has no TLS: the token and all conversations would be readable on "
                "the network",
                "use --host 127.0.0.1 and an SSH tunnel, or add --insecure on a network that you trust");
  }
  const StopSignal stop;
  host::HostLock lock(host::default_lock_file());
  const auto token_file =
      options.token_file.empty() ? host::default_token_file() : std::filesystem::absolute(options.token_file);

  host::HostOptions host_options;
  host_options.version = DIPTYCH_VERSION;
  host_options.token = host::load_or_create_token(token_file);
  host_options.bound_host = options.address;
  host_options.linger_s = options.stay ? -1 : options.linger_s;
  auto registry = std::make_shared<ModelRegistry>();
  models::register_all(*registry);
  host_options.loader = std::make_shared<host::EngineLoader>(registry, options.threads);
  host_options.image_loader = std::make_shared<host::EngineImageLoader>(
      registry, [](Context& ctx, const std::filesystem::path& path) { return models::load_upscaler(ctx, path); },
      options.threads);
  host_options.registry = registry;
  host_options.threads = options.threads;
  host_options.describe = [registry](const std::filesystem::path& path) {
    return models::describe_model(*registry, path);
  };
  host_options.power = std::make_shared<telemetry::RaplPower>();
  host_options.roofline = std::make_shared<host::MachineRoofline>(
      data_dir() / "roofline.json", telemetry::read_processor().model + ", " + instruction_set(),
      options.threads > 0 ? options.threads : usable_cores());

  host::Host engine(std::move(host_options));
  host::Server server(options.address, options.port,
                      [&](const host::HttpRequest& request) { return engine.handle(request); });
  for (const std::string& model : options.models) {
    api::LoadRequest request;
    request.model = model;
    engine.models().load(request);
  }
  engine.on_stop([&] { stop.raise(); });
  lock.publish({getpid(), options.address, server.port(), api::protocol, token_file.string()});
  std::thread serving([&] { server.serve(); });
  const bool six = options.address.find(':') != std::string::npos;
  std::printf("listening on http://%s%s%s:%d\n", six ? "[" : "", options.address.c_str(), six ? "]" : "",
              server.port());
  std::fflush(stdout);
  stop.wait();
  engine.shut_down();
  server.stop();
  serving.join();
}

}  // namespace

void add_serve(CLI::App& root) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = root.add_subcommand("serve", "Run the engine host: the interface of engine/api, and OpenAI's");
  command->add_option("--host", options->address, "Address to listen on; anything but loopback needs --insecure")
      ->capture_default_str();
  command->add_option("--port", options->port, "0: any free port")->check(CLI::Range(0, 65535))->capture_default_str();
  command->add_option("--token-file", options->token_file, "Where the bearer token is, or is to be written");
  command->add_option("--model", options->models, "Models to load at once: paths or names");
  command->add_option("--threads", options->threads, "Threads to compute with (default: every core)")
      ->check(CLI::Range(0, 1024));
  CLI::Option* linger =
      command->add_option("--linger", options->linger_s, "Seconds until the host ends after its last client and job")
          ->check(CLI::Range(0, 1 << 30))
          ->capture_default_str();
  command->add_flag("--stay", options->stay, "Never end for want of clients")->excludes(linger);
  command->add_flag("--insecure", options->insecure, "Allow an address that is not loopback, without TLS");
  command->callback([options] { serve(*options); });
}

}  // namespace diptych::cli
