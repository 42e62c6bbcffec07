// The roofline of this machine: measured once, then kept in a file for as long as processor and threads are the same.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "engine/host/models/model_manager.h"

namespace diptych::host {

class MachineRoofline {
 public:
  using Measure = std::function<Roofline(int threads)>;

  // Reads `file`; what it holds for another machine, or is not readable, counts as not measured yet.
  MachineRoofline(std::filesystem::path file, std::string processor, int threads, Measure measure = {});

  Roofline value() const;  // any thread; zeros: not measured yet
  bool known() const { return value().bandwidth_gb_s > 0; }
  // Takes about a second and every core: on the device's thread. Never throws; without a file it is measured again at
  // the next start.
  void measure();

 private:
  void load();
  void save(const Roofline& measured) const;

  const std::filesystem::path file_;
  const std::string processor_;
  const int threads_;
  const Measure measure_;
  mutable std::mutex mutex_;
  Roofline value_;
};

}  // namespace diptych::host
