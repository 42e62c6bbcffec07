#include "engine/telemetry/processor.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

namespace diptych::telemetry {
namespace fs = std::filesystem;
namespace {

std::string read_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

// "512K", "32M"
int64_t parse_size(const std::string& text) {
  int64_t value = 0;
  size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && value < (1ll << 40); ++at) {
    value = value * 10 + (text[at] - '0');
  }
  const char unit = at < text.size() ? text[at] : ' ';
  return unit == 'K' ? value << 10 : unit == 'M' ? value << 20 : unit == 'G' ? value << 30 : value;
}

// "0-3,8-11" -> 8
int count_list(const std::string& text) {
  int count = 0;
  size_t at = 0;
  const auto number = [&] {
    int value = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && value < 1'000'000) {
      value = value * 10 + (text[at++] - '0');
    }
    return value;
  };
  while (at < text.size()) {
    const int first = number();
    int last = first;
    if (at < text.size() && text[at] == '-') {
      ++at;
      last = number();
    }
    count += last >= first ? last - first + 1 : 0;
    if (at < text.size() && text[at++] != ',') break;
  }
  return count;
}

void read_cpuinfo(const fs::path& path, Processor& processor) {
  std::ifstream file(path);
  std::set<std::pair<std::string, std::string>> cores;
  std::set<std::string> packages;
  std::string line, package;
  while (std::getline(file, line)) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string name = trimmed(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
    if (name == "processor") ++processor.logical;
    if (name == "model name" && processor.model.empty()) processor.model = value;
    if (name == "physical id") packages.insert(package = value);
    if (name == "core id") cores.emplace(package, value);
  }
  processor.cores = static_cast<int>(cores.size());
  processor.packages = static_cast<int>(packages.size());
}

double read_quota(const fs::path& root) {
  double quota_us = -1, period_us = 0;
  std::ifstream two(root / "sys/fs/cgroup/cpu.max");  // "max 100000" or "150000 100000"
  if (two >> quota_us >> period_us) return period_us > 0 ? quota_us / period_us : 0;
  std::ifstream one(root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us"), period(root / "sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (one >> quota_us && period >> period_us && quota_us > 0 && period_us > 0) return quota_us / period_us;
  return 0;
}

}  // namespace

Processor read_processor(const fs::path& root) {
  Processor processor;
  read_cpuinfo(root / "proc/cpuinfo", processor);
  if (processor.model.empty()) {
    utsname names{};
    if (uname(&names) == 0) processor.model = names.machine;
  }
  const fs::path caches = root / "sys/devices/system/cpu/cpu0/cache";
  std::error_code error;
  for (int i = 0; fs::is_directory(caches / ("index" + std::to_string(i)), error); ++i) {
    const fs::path folder = caches / ("index" + std::to_string(i));
    Cache cache;
    cache.level = static_cast<int>(parse_size(read_line(folder / "level")));
    cache.kind = read_line(folder / "type");
    cache.bytes = parse_size(read_line(folder / "size"));
    cache.shared_by = std::max(1, count_list(read_line(folder / "shared_cpu_list")));
    processor.caches.push_back(std::move(cache));
  }
  processor.quota = read_quota(root);
  return processor;
}

double ProcessorLoad::used() {
  // "cpu user nice system idle iowait irq softirq steal …"; guests are counted in user and nice.
  std::ifstream file(root_ / "proc/stat");
  std::string name;
  file >> name;
  uint64_t used = 0, all = 0, ticks = 0;
  for (int column = 0; column < 8 && file >> ticks; ++column) {
    all += ticks;
    if (column != 3 && column != 4) used += ticks;
  }
  const bool known = name == "cpu" && all_ticks_ > 0 && all > all_ticks_ && used >= used_ticks_;
  const double share = known ? static_cast<double>(used - used_ticks_) / static_cast<double>(all - all_ticks_) : 1.0;
  used_ticks_ = used;
  all_ticks_ = all;
  return share;
}

}  // namespace diptych::telemetry
