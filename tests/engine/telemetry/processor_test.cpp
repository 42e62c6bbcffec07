#include "engine/telemetry/processor.h"

#include <gtest/gtest.h>

#include "tests/engine/telemetry/made_up_system.h"

namespace diptych::telemetry {
namespace {

TEST(Processor, PackagesCoresAndCachesAreCounted) {
  MadeUpSystem system;
  std::string info;
  for (int i = 0; i < 8; ++i) {  // two packages of two cores of two threads
    info += "processor\t: " + std::to_string(i) +
            "\nmodel name\t: Made Up 9000 @ 3.0GHz: special\nphysical id\t: " + std::to_string(i / 4) +
            "\ncore id\t\t: " + std::to_string(i % 2) + "\n\n";
  }
  system.write("proc/cpuinfo", info);
  const std::string caches = "sys/devices/system/cpu/cpu0/cache/index";
  const auto cache = [&](int index, const char* level, const char* type, const char* size, const char* shared) {
    const std::string folder = caches + std::to_string(index);
    system.write(folder + "/level", level);
    system.write(folder + "/type", type);
    system.write(folder + "/size", size);
    system.write(folder + "/shared_cpu_list", shared);
  };
  cache(0, "1", "Data", "48K", "0,2");
  cache(1, "2", "Unified", "2048K", "0,2");
  cache(2, "3", "Unified", "36M", "0-3");
  system.write("sys/fs/cgroup/cpu.max", "150000 100000");
  const Processor processor = read_processor(system.root());
  EXPECT_EQ(processor.model, "Made Up 9000 @ 3.0GHz: special");
  EXPECT_EQ(processor.logical, 8);
  EXPECT_EQ(processor.cores, 4);
  EXPECT_EQ(processor.packages, 2);
  ASSERT_EQ(processor.caches.size(), 3u);
  EXPECT_EQ(processor.caches[0].bytes, 48 << 10);
  EXPECT_EQ(processor.caches[0].kind, "Data");
  EXPECT_EQ(processor.caches[0].shared_by, 2);
  EXPECT_EQ(processor.caches[2].bytes, 36 << 20);
  EXPECT_EQ(processor.caches[2].shared_by, 4);
  EXPECT_EQ(processor.quota, 1.5);
}

TEST(Processor, WhatIsNotThereStaysUnknown) {
  MadeUpSystem system;
  system.write("proc/cpuinfo", "processor : 0\nBogoMIPS : 50\n\nprocessor : 1");  // as on Arm
  system.write("sys/fs/cgroup/cpu.max", "max 100000");
  const Processor processor = read_processor(system.root());
  EXPECT_EQ(processor.logical, 2);
  EXPECT_EQ(processor.cores, 0);
  EXPECT_FALSE(processor.model.empty());
  EXPECT_TRUE(processor.caches.empty());
  EXPECT_EQ(processor.quota, 0);
}

TEST(ProcessorLoad, IsWhatWasUsedSinceTheLastCall) {
  MadeUpSystem system;
  ProcessorLoad load(system.root());
  EXPECT_EQ(load.used(), 1) << "nothing tells";
  system.write("proc/stat", "cpu 1000 0 500 8000 500 0 0 0 0 0\ncpu0 1 2 3");
  EXPECT_EQ(load.used(), 1) << "nothing to compare with";
  system.write("proc/stat", "cpu 1010 5 505 8070 510 0 0 0 900 900");  // 20 of 100, and waiting is no use
  EXPECT_NEAR(load.used(), 0.2, 1e-9);
  system.write("proc/stat", "cpu 1010 5 505 8170 510 0 0 0 0 0");
  EXPECT_EQ(load.used(), 0);
  EXPECT_EQ(load.used(), 1) << "no time has passed";
}

TEST(Processor, OfThisMachine) {
  const Processor processor = read_processor();
  EXPECT_GE(processor.logical, 1);
  EXPECT_FALSE(processor.model.empty());
}

}  // namespace
}  // namespace diptych::telemetry
