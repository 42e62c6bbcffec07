#include "engine/telemetry/memory.h"

#include <gtest/gtest.h>

#include "tests/engine/telemetry/made_up_system.h"

namespace diptych::telemetry {
namespace {

class MemoryTest : public testing::Test {
 protected:
  MemoryTest() {
    system_.write("proc/meminfo",
                  "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    9000000 kB\n"
                  "HugePages_Total:       0\nHugepagesize:       2048 kB");
    system_.write("proc/self/statm", "5000 1000 300 20 0 400 0");
    system_.write("proc/self/status", "Name:\tdiptych\nVmPeak:\t 9000000 kB\nVmHWM:\t   54321 kB\nVmRSS:\t   4000 kB");
  }
  MadeUpSystem system_;
};

TEST_F(MemoryTest, AMachineWithoutALimit) {
  system_.write("sys/fs/cgroup/memory.max", "max");
  system_.write("sys/fs/cgroup/memory.current", "123");
  const SystemMemory memory = read_system_memory(system_.root());
  EXPECT_EQ(memory.total_bytes, 16000000ll * 1024);
  EXPECT_EQ(memory.available_bytes, 9000000ll * 1024);
  EXPECT_EQ(memory.resident_bytes, 1000 * sysconf(_SC_PAGESIZE));
  EXPECT_EQ(memory.resident_peak_bytes, 54321 * 1024);
  EXPECT_EQ(memory.limit_bytes, 0);
}

TEST_F(MemoryTest, AContainersLimitCountsWhereItIsLower) {
  system_.write("sys/fs/cgroup/memory.max", "4000000000");
  system_.write("sys/fs/cgroup/memory.current", "3000000000");
  system_.write("sys/fs/cgroup/memory.stat", "anon 2000000000\ninactive_file 600000000\nactive_file 400000000");
  const SystemMemory memory = read_system_memory(system_.root());
  EXPECT_EQ(memory.total_bytes, 4000000000);
  EXPECT_EQ(memory.limit_bytes, 4000000000);
  EXPECT_EQ(memory.machine_bytes, 16000000ll * 1024);
  EXPECT_EQ(memory.available_bytes, 2000000000);
}

TEST_F(MemoryTest, ALimitAboveTheMachineIsNone) {
  system_.write("sys/fs/cgroup/memory.max", "9223372036854771712");
  EXPECT_EQ(read_system_memory(system_.root()).limit_bytes, 0);
}

TEST_F(MemoryTest, MoreUsedThanAllowedLeavesNothingNotLess) {
  system_.write("sys/fs/cgroup/memory.max", "4000000000");
  system_.write("sys/fs/cgroup/memory.current", "4100000000");
  EXPECT_EQ(read_system_memory(system_.root()).available_bytes, 0);
}

TEST_F(MemoryTest, TheProcesssOwnGroupCountsWhereItIsTighter) {
  system_.write("proc/self/cgroup", "0::/jobs/one");
  system_.write("sys/fs/cgroup/memory.current", "9000000000");
  system_.write("sys/fs/cgroup/jobs/memory.max", "8000000000");
  system_.write("sys/fs/cgroup/jobs/memory.current", "1000000000");
  system_.write("sys/fs/cgroup/jobs/one/memory.max", "3000000000");
  system_.write("sys/fs/cgroup/jobs/one/memory.current", "500000000");
  const SystemMemory memory = read_system_memory(system_.root());
  EXPECT_EQ(memory.limit_bytes, 3000000000);
  EXPECT_EQ(memory.available_bytes, 2500000000);
}

TEST_F(MemoryTest, ControlGroupsOfVersionOne) {
  system_.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000000");
  system_.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "500000000");
  const SystemMemory memory = read_system_memory(system_.root());
  EXPECT_EQ(memory.total_bytes, 2000000000);
  EXPECT_EQ(memory.available_bytes, 1500000000);
}

TEST(Memory, OfThisMachine) {
  const SystemMemory memory = read_system_memory();
  EXPECT_GT(memory.resident_bytes, 1 << 16);
  EXPECT_GT(memory.total_bytes, memory.resident_bytes);
  EXPECT_GT(memory.available_bytes, 0);
  EXPECT_LE(memory.available_bytes, memory.total_bytes);
}

}  // namespace
}  // namespace diptych::telemetry
