// Any request is answered, with a status and, where that is no success, with the four-part error; nothing else happens.
//
// The first line is "METHOD /path?query", then headers up to an empty line, then the body. The host is whole but for
// sockets and models; the token and a good Host header are added, so that requests get past the gate, unless the input
// brings its own.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "engine/host/host.h"

namespace {

using namespace diptych;
using namespace diptych::host;

class NoModels final : public ModelLoader {
 public:
  TextDescription describe(const std::filesystem::path& path) const override { fail(path); }
  MemoryPrediction predict(const std::filesystem::path& path, const LoadSettings&) const override { fail(path); }
  std::unique_ptr<TextModel> load(const std::filesystem::path& path, const LoadSettings&,
                                  const std::function<void(double)>&, const CancelToken&) const override {
    fail(path);
  }

 private:
  [[noreturn]] static void fail(const std::filesystem::path& path) {
    throw Error(ErrorCategory::unsupported, "cannot open model", path.string(), "there are none here", "go on");
  }
};

Host& the_host() {
  static Host* host = [] {
    std::string folder = (std::filesystem::temp_directory_path() / "diptych-http-fuzz-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    setenv("DIPTYCH_HOME", folder.c_str(), 1);
    setenv("DIPTYCH_MODELS", (folder + "/models").c_str(), 1);
    std::atexit([] {
      std::error_code error;
      std::filesystem::remove_all(std::getenv("DIPTYCH_HOME"), error);
    });
    HostOptions options;
    options.token = "token";
    options.linger_s = -1;
    options.loader = std::make_shared<NoModels>();
    return new Host(std::move(options));  // ends with the process
  }();
  return *host;
}

std::string_view take(std::string_view& text, char end) {
  const size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

HttpRequest parse(std::string_view text) {
  HttpRequest request;
  std::string_view line = take(text, '\n');
  request.method = take(line, ' ');
  std::string_view query = line;
  request.path = take(query, '?');
  while (!query.empty()) {
    std::string_view pair = take(query, '&');
    const std::string name(take(pair, '='));
    request.query[name] = pair;
  }
  request.headers = {{"host", "127.0.0.1"}, {"authorization", "Bearer token"}};
  while (!text.empty()) {
    std::string_view header = take(text, '\n');
    if (header.empty()) break;
    const std::string name(take(header, ':'));
    request.headers[name] = header;
  }
  request.body = text;
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const HttpRequest request = parse({reinterpret_cast<const char*>(data), size});
  // Downloads leave the machine, and a stopped host answers nothing more.
  if (request.path.find("models/get") != std::string::npos || request.path.find("shutdown") != std::string::npos)
    return 0;
  const HttpResponse response = the_host().handle(request);
  if (response.stream) {
    std::string out;
    for (int i = 0; i < 3 && response.stream->next(out, SteadyClock::now()); ++i) {
    }
    return 0;
  }
  const auto json = api::parse(response.body);
  if (!json || !json->is_object()) std::abort();
  if (response.status >= 400) {
    for (const char* part : {"category", "message", "what", "thing", "why", "to_do"}) {
      if (!(*json)["error"][part].is_string()) std::abort();
    }
  }
  return 0;
}
