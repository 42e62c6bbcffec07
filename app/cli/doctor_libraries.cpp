// diptych doctor: libraries of this build, those of accelerators, and what computes where.
#include <curl/curl.h>
#include <dlfcn.h>
#include <hwy/highway.h>
#include <link.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <sqlite3.h>
#include <unicode/uversion.h>
#include <zip.h>

#include <CLI/Version.hpp>
#include <array>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "app/cli/doctor.h"
#include "kernels/cpu/instruction_sets.h"

namespace diptych::cli {
namespace {

using nlohmann::ordered_json;

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::string pcre2_version() {
  std::array<char, 64> text{};
  pcre2_config(PCRE2_CONFIG_VERSION, text.data());
  const std::string version = text.data();  // "10.42 2022-12-11"
  return version.substr(0, version.find(' '));
}

std::string icu_version() {
  UVersionInfo version;
  u_getVersion(version);
  std::array<char, U_MAX_VERSION_STRING_LENGTH> text{};
  u_versionToString(version, text.data());
  return text.data();
}

struct RunTimeLibrary {
  const char* name;
  std::vector<const char*> files;  // newest first
  const char* use;
};

// Where the loader finds a library; "" where it does not. Nothing of it is called.
std::string find_library(const std::vector<const char*>& files) {
  for (const char* file : files) {
    void* library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr) continue;
    link_map* map = nullptr;
    const bool known = dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr;
    std::string path = known && *map->l_name != '\0' ? map->l_name : file;
    dlclose(library);
    return path;
  }
  return "";
}

}  // namespace

ordered_json doctor_libraries() {
  ordered_json list = ordered_json::array();
  const auto add = [&](const char* name, const std::string& version, const char* use) {
    list.push_back({{"name", name}, {"version", version}, {"found", true}, {"use", use}});
  };
  // Linked ones say which version runs, the others which one this program was compiled with.
  add("Highway", dotted(HWY_MAJOR, HWY_MINOR, HWY_PATCH), "SIMD kernels");
  add("SQLite", sqlite3_libversion(), "conversations and the journal");
  add("libcurl", curl_version_info(CURLVERSION_NOW)->version, "downloads");
  add("libzip", zip_libzip_version(), "packages of models");
  add("OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING), "hashes, TLS of downloads");
  add("PCRE2", pcre2_version(), "splitting text before it is tokenized");
  add("ICU", icu_version(), "Unicode normalisation");
  add("nlohmann-json", dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH),
      "JSON");
  add("spdlog", dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH), "log");
  add("CLI11", CLI11_VERSION, "command line");
  return list;
}

ordered_json doctor_accelerators() {
  const std::vector<RunTimeLibrary> libraries{
      {"CUDA driver", {"libcuda.so.1"}, "NVIDIA GPUs"},
      {"cuBLAS", {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11"}, "matrix products on the GPU"},
      {"cuDNN", {"libcudnn.so.9", "libcudnn.so.8"}, "convolutions on the GPU"},
      {"NCCL", {"libnccl.so.2"}, "several GPUs"},
      {"NVML", {"libnvidia-ml.so.1"}, "memory, load and power of GPUs"},
  };
  ordered_json list = ordered_json::array();
  for (const RunTimeLibrary& library : libraries) {
    const std::string path = find_library(library.files);
    list.push_back({{"name", library.name},
                    {"found", !path.empty()},
                    {"path", path.empty() ? ordered_json(nullptr) : ordered_json(path)},
                    {"use", library.use},
                    {"used", false},
                    {"why", path.empty() ? "not installed; this build has no CUDA backend and does not need it"
                                         : "installed, but this build has no CUDA backend to use it with"}});
  }
  return list;
}

ordered_json doctor_acceleration() {
  const std::string simd(kernels::cpu::instruction_set());
  const bool scalar = simd == "SCALAR" || simd == "EMU128";
  const std::string without = "this processor offers no SIMD instructions that the kernels are compiled for";
  ordered_json list = ordered_json::array();
  const auto add = [&](const char* what, bool accelerated, const std::string& how, const std::string& why) {
    list.push_back({{"what", what},
                    {"accelerated", accelerated},
                    {"how", accelerated ? ordered_json(how) : ordered_json(nullptr)},
                    {"why", accelerated ? ordered_json(nullptr) : ordered_json(why)}});
  };
  add("products with Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K weights", !scalar,
      simd + ", 8-bit integer dot products", without);
  add("products with f32, f16 and bf16 weights", !scalar, simd + ", in f32", without);
  add("attention, norms, rotary embedding, activations", !scalar, simd + ", in f32", without);
  add("everything, on a GPU", false, "",
      "this build has no CUDA backend; it computes on the processor and never leaves a GPU half used");
  return list;
}

}  // namespace diptych::cli
