#include "engine/telemetry/rapl.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace diptych::telemetry {
namespace fs = std::filesystem;
namespace {

constexpr const char* enter_watts = "or enter the machine's watts in the settings";

std::string read_word(const fs::path& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// 0 or the errno that says why not.
int read_number(const fs::path& path, uint64_t& value) {
  errno = 0;
  std::ifstream file(path);
  if (!file) return errno != 0 ? errno : ENOENT;
  std::string word;
  if (!(file >> word)) return errno != 0 ? errno : ENODATA;  // the driver fails the read, not the open
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size() ? 0 : EINVAL;
}

std::string reason(const fs::path& path, int error) {
  if (error == EACCES || error == EPERM) {
    return "only root may read " + path.string() + "; allow it with 'sudo chmod a+r " +
           (path.parent_path().parent_path() / "intel-rapl:*" / "energy_uj").string() + "', " + enter_watts;
  }
  return path.string() + ": " + std::generic_category().message(error) + "; " + enter_watts;
}

// "intel-rapl:1" -> true, "intel-rapl:1:0" and "intel-rapl" -> false
bool is_top(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) && name.size() > prefix.size() &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

// Names below `folder`, sorted; none where it cannot be read.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

RaplPower::RaplPower(fs::path powercap) : powercap_(std::move(powercap)) {
  find_domains("intel-rapl:");
  // The same counters a second way, on machines where the first does not reach them.
  if (domains_.empty() && missing_.empty()) find_domains("intel-rapl-mmio:");
  if (!domains_.empty() || !missing_.empty()) return;
  std::error_code error;
  missing_ = fs::is_directory(powercap_, error)
                 ? "this processor shows no energy counter (RAPL) here, as in virtual machines and containers; try "
                   "'sudo modprobe intel_rapl_msr', "
                 : "the kernel has no energy counters (no " + powercap_.string() +
                       "); use a kernel with powercap and intel_rapl_msr, ";
  missing_ += enter_watts;
}

void RaplPower::find_domains(const std::string& prefix) {
  const std::vector<std::string> names = names_in(powercap_);
  for (const std::string& top : names) {
    if (!is_top(top, prefix)) continue;
    const fs::path folder = powercap_ / top;
    const std::string package = read_word(folder / "name");
    if (!package.starts_with("package")) continue;  // psys
    if (!add(folder, package)) {
      domains_.clear();  // of two packages one is not the machine
      return;
    }
    // Zones of a package stand inside its folder, and beside it in /sys/class.
    for (const std::string& zone : names_in(folder)) {
      if (!is_top(zone, top + ":")) continue;
      if (read_word(folder / zone / "name") == "dram") add(folder / zone, "dram of " + package);
    }
  }
}

bool RaplPower::add(const fs::path& folder, const std::string& name) {
  Domain domain{name, folder / "energy_uj", 0, 0};
  int error = read_number(domain.energy, domain.last_uj);
  const fs::path range = folder / "max_energy_range_uj";
  const bool counts = error == 0;
  if (counts) error = read_number(range, domain.range_uj);
  if (error == 0 && domain.range_uj < domain.last_uj) error = ERANGE;
  if (error != 0) {
    if (missing_.empty()) missing_ = reason(counts ? range : domain.energy, error);
    return false;
  }
  domains_.push_back(std::move(domain));
  return true;
}

std::optional<double> RaplPower::joules() {
  const std::lock_guard lock(mutex_);
  if (domains_.empty()) return std::nullopt;
  for (Domain& domain : domains_) {
    uint64_t now = 0;
    if (const int error = read_number(domain.energy, now); error != 0) {
      missing_ = reason(domain.energy, error);
      domains_.clear();  // for good: a sum of fewer parts would be another counter
      return std::nullopt;
    }
    total_uj_ += now >= domain.last_uj ? now - domain.last_uj : now + domain.range_uj - domain.last_uj;
    domain.last_uj = now;
  }
  return static_cast<double>(total_uj_) * 1e-6;
}

std::string RaplPower::source() const {
  const std::lock_guard lock(mutex_);
  if (domains_.empty()) return missing_;
  std::string names;
  for (const Domain& domain : domains_) names += (names.empty() ? "RAPL " : " + ") + domain.name;
  return missing_.empty() ? names : names + " (without more: " + missing_ + ")";
}

}  // namespace diptych::telemetry
