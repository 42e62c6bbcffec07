#include "engine/host/machine/machine_roofline.h"

#include <cmath>
#include <system_error>
#include <utility>

#include "engine/api/fields.h"
#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/io/files/atomic_file.h"
#include "kernels/bench/roofline.h"

namespace diptych::host {
namespace {

struct Kept {
  int version = 0;  // of the way of measuring
  std::string processor;
  int threads = 0;
  double bandwidth_gb_s = 0, gflop_s = 0, int8_gop_s = 0;
};
template <typename V>
void fields(V& v, Kept& x) {
  v("version", x.version);
  v("processor", x.processor);
  v("threads", x.threads);
  v("bandwidth_gb_s", x.bandwidth_gb_s);
  v("gflop_s", x.gflop_s);
  v("int8_gop_s", x.int8_gop_s);
}
constexpr int roofline_version = 2;

Roofline measure_here(int threads) {
  const kernels::bench::Roofline measured = kernels::bench::measure_roofline(threads);
  return {measured.dram_read_gb_per_s, measured.f32_gflop_per_s, measured.int8_gop_per_s};
}

}  // namespace

MachineRoofline::MachineRoofline(std::filesystem::path file, std::string processor, int threads, Measure measure)
    : file_(std::move(file)),
      processor_(std::move(processor)),
      threads_(threads),
      measure_(measure ? std::move(measure) : measure_here) {
  load();
}

void MachineRoofline::load() {
  std::error_code error;
  if (!std::filesystem::exists(file_, error)) return;
  try {
    const auto json = api::parse(read_text_file(file_, 1 << 16));
    if (!json) return;
    const Kept kept = api::from_json<Kept>(*json);
    const bool same = kept.version == roofline_version && kept.processor == processor_ && kept.threads == threads_;
    if (same && kept.bandwidth_gb_s > 0 && kept.gflop_s > 0) {
      value_ = {kept.bandwidth_gb_s, kept.gflop_s, kept.int8_gop_s};
    }
  } catch (const std::exception& failure) {
    log_info(std::string("the roofline is measured anew: ") + failure.what());
  }
}

Roofline MachineRoofline::value() const {
  const std::lock_guard lock(mutex_);
  return value_;
}

void MachineRoofline::measure() {
  try {
    const Roofline measured = measure_(threads_);
    if (!std::isfinite(measured.bandwidth_gb_s) || measured.bandwidth_gb_s <= 0 || !std::isfinite(measured.gflop_s)) {
      return;  // no memory for its buffers: another time
    }
    {
      const std::lock_guard lock(mutex_);
      value_ = measured;
    }
    save(measured);
  } catch (const std::exception& failure) {
    log_warning(std::string("the roofline is not kept: ") + failure.what());
  }
}

void MachineRoofline::save(const Roofline& measured) const {
  const Kept kept{roofline_version,        processor_,       threads_,
                  measured.bandwidth_gb_s, measured.gflop_s, measured.int8_gop_s};
  write_text_file(file_, api::dump(api::to_json(kept)) + "\n");
}

}  // namespace diptych::host
