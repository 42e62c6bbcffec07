// diptych doctor: processor, memory and power of this machine.
#include <fstream>

#include "app/cli/doctor.h"
#include "app/cli/progress.h"
#include "engine/core/parallel.h"
#include "engine/ops/instruction_set.h"
#include "engine/telemetry/memory.h"
#include "engine/telemetry/processor.h"
#include "engine/telemetry/rapl.h"
#include "kernels/cpu/instruction_sets.h"

namespace diptych::cli {
namespace {

using nlohmann::ordered_json;

// "always [madvise] never" -> "madvise"
std::string chosen(const char* path) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    if (word.size() > 2 && word.front() == '[' && word.back() == ']') return word.substr(1, word.size() - 2);
  }
  return "";
}

}  // namespace

ordered_json doctor_processor(Findings& findings) {
  const telemetry::Processor processor = telemetry::read_processor();
  const int threads = usable_cores();
  ordered_json caches = ordered_json::array();
  for (const telemetry::Cache& cache : processor.caches) {
    caches.push_back(
        {{"level", cache.level}, {"kind", cache.kind}, {"bytes", cache.bytes}, {"shared_by_logical", cache.shared_by}});
  }
  const std::string in_use = instruction_set(), held = instruction_set_of_environment();
  ordered_json usable = ordered_json::array();
  for (const auto name : kernels::cpu::instruction_sets()) usable.push_back(std::string(name));
  const auto known = [](auto value) { return value > 0 ? ordered_json(value) : ordered_json(nullptr); };
#if defined(__x86_64__)
  if (held.empty() && in_use.find("AVX") == std::string::npos) {
    findings.notes.push_back("The kernels run on " + in_use +
                             ", several times slower than AVX2, which this processor or virtual machine does not "
                             "offer; let the virtual machine pass the host's processor through");
  }
#endif
  if (!held.empty()) {
    findings.notes.push_back("DIPTYCH_CPU=" + held + " holds the kernels to " + in_use +
                             "; unset it to use the best instructions that this processor has");
  }
  if (processor.quota > 0 && processor.quota < threads) {
    findings.notes.push_back("This container may use " + ordered_json(processor.quota).dump() +
                             " processors' worth of time but would compute with " + std::to_string(threads) +
                             " threads; raise its limit or use --threads");
  }
  return {{"model", processor.model},
          {"packages", known(processor.packages)},
          {"cores", known(processor.cores)},
          {"logical_processors", processor.logical},
          {"limit_processors", known(processor.quota)},
          {"threads", threads},
          {"instruction_set", in_use},
          {"instruction_sets", usable},
          {"instruction_set_limit", held.empty() ? ordered_json(nullptr) : ordered_json(held)},
          {"caches", caches}};
}

ordered_json doctor_memory(Findings& findings) {
  const telemetry::SystemMemory memory = telemetry::read_system_memory();
  const std::string huge = chosen("/sys/kernel/mm/transparent_hugepage/enabled");
  if (huge == "never") {
    findings.notes.push_back(
        "Huge pages are off, which costs some speed; allow them with 'echo madvise | sudo tee "
        "/sys/kernel/mm/transparent_hugepage/enabled'");
  }
  if (memory.available_bytes < 500'000'000) {
    findings.notes.push_back("Only " + human_bytes(static_cast<uint64_t>(memory.available_bytes)) +
                             " of memory are free, too little for most models; close other programs");
  }
  return {{"total_bytes", memory.total_bytes},
          {"available_bytes", memory.available_bytes},
          {"machine_bytes", memory.machine_bytes},
          {"limit_bytes", memory.limit_bytes > 0 ? ordered_json(memory.limit_bytes) : ordered_json(nullptr)},
          {"huge_pages", huge.empty() ? ordered_json(nullptr) : ordered_json(huge)}};
}

ordered_json doctor_power() {
  telemetry::RaplPower power;
  const bool readable = power.joules().has_value();
  const std::string source = power.source();
  return {{"readable", readable},
          {"source", readable ? ordered_json(source) : ordered_json(nullptr)},
          {"reason", readable ? ordered_json(nullptr) : ordered_json(source)}};
}

}  // namespace diptych::cli
