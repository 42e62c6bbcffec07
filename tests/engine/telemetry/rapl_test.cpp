#include "engine/telemetry/rapl.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/engine/telemetry/made_up_system.h"

namespace diptych::telemetry {
namespace {

// A machine of two packages as a server shows it: parts of the packages, dram apart, and links beside the folders as
// /sys/class has them.
class RaplTest : public testing::Test {
 protected:
  void domain(const std::string& path, const std::string& name, const std::string& energy_uj,
              const std::string& range_uj = "262143328850") {
    system_.write(path + "/name", name);
    system_.write(path + "/energy_uj", energy_uj);
    system_.write(path + "/max_energy_range_uj", range_uj);
  }
  void energy(const std::string& path, const std::string& value) { system_.write(path + "/energy_uj", value); }
  void two_packages() {
    system_.write("intel-rapl/enabled", "1");
    domain("intel-rapl:0", "package-0", "1000000");
    domain("intel-rapl:0/intel-rapl:0:0", "core", "500000");
    domain("intel-rapl:0/intel-rapl:0:1", "dram", "200000", "65712999613");
    domain("intel-rapl:1", "package-1", "3000000");
    domain("intel-rapl:1/intel-rapl:1:0", "dram", "0", "65712999613");
    domain("intel-rapl:2", "psys", "9000000");
    std::filesystem::create_symlink("intel-rapl:0/intel-rapl:0:1", system_.root() / "intel-rapl:0:1");
  }
  MadeUpSystem system_;
};

TEST_F(RaplTest, AddsPackagesAndTheirMemoryButNoPartTwice) {
  two_packages();
  RaplPower power(system_.root());
  EXPECT_EQ(power.joules(), 0.0);
  EXPECT_EQ(power.source(), "RAPL package-0 + dram of package-0 + package-1 + dram of package-1");
  energy("intel-rapl:0", "3000000");                  // 2 J
  energy("intel-rapl:0/intel-rapl:0:0", "90000000");  // a part of it
  energy("intel-rapl:0/intel-rapl:0:1", "700000");    // 0.5 J
  energy("intel-rapl:1", "3250000");                  // 0.25 J
  energy("intel-rapl:2", "90000000");                 // the board
  EXPECT_NEAR(*power.joules(), 2.75, 1e-9);
  energy("intel-rapl:1/intel-rapl:1:0", "1000000");
  EXPECT_NEAR(*power.joules(), 3.75, 1e-9);
}

TEST_F(RaplTest, AMachineOfAmdHasPackagesOnly) {
  domain("intel-rapl:0", "package-0", "0", "65532610987");
  domain("intel-rapl:0/intel-rapl:0:0", "core", "0", "65532610987");
  RaplPower power(system_.root());
  energy("intel-rapl:0", "42000000");
  EXPECT_NEAR(*power.joules(), 42, 1e-9);
  EXPECT_EQ(power.source(), "RAPL package-0");
}

TEST_F(RaplTest, CountersWrapAround) {
  domain("intel-rapl:0", "package-0", "999000", "1000000");
  RaplPower power(system_.root());
  energy("intel-rapl:0", "500");
  EXPECT_NEAR(*power.joules(), 0.0015, 1e-12);
  for (int i = 0; i < 100; ++i) {  // 0.6 J each time
    energy("intel-rapl:0", std::to_string((500 + (i + 1) * 600000ll) % 1000000));
    power.joules();
  }
  EXPECT_NEAR(*power.joules(), 60.0015, 1e-9);
}

TEST_F(RaplTest, TheSecondWayIsTakenOnlyWithoutTheFirst) {
  domain("intel-rapl-mmio:0", "package-0", "0");
  {
    RaplPower power(system_.root());
    energy("intel-rapl-mmio:0", "5000000");
    EXPECT_NEAR(*power.joules(), 5, 1e-9);
  }
  domain("intel-rapl:0", "package-0", "0");
  RaplPower power(system_.root());
  energy("intel-rapl-mmio:0", "90000000");
  energy("intel-rapl:0", "1000000");
  EXPECT_NEAR(*power.joules(), 1, 1e-9);
}

TEST_F(RaplTest, WithoutADriverTheReasonSaysWhatToDo) {
  RaplPower none(system_.root() / "powercap");
  EXPECT_FALSE(none.joules());
  EXPECT_NE(none.source().find("no " + (system_.root() / "powercap").string()), std::string::npos) << none.source();
  RaplPower empty(system_.root());
  EXPECT_FALSE(empty.joules());
  EXPECT_NE(empty.source().find("modprobe intel_rapl_msr"), std::string::npos) << empty.source();
  EXPECT_NE(empty.source().find("watts"), std::string::npos) << empty.source();
}

TEST_F(RaplTest, APackageThatCannotBeReadMakesTheSumUnreadable) {
  two_packages();
  energy("intel-rapl:1", "nonsense");
  RaplPower power(system_.root());
  EXPECT_FALSE(power.joules());
  EXPECT_NE(power.source().find("intel-rapl:1/energy_uj"), std::string::npos) << power.source();
}

TEST_F(RaplTest, MemoryThatCannotBeReadIsLeftOutAndNamed) {
  two_packages();
  system_.remove("intel-rapl:0/intel-rapl:0:1/max_energy_range_uj");
  RaplPower power(system_.root());
  energy("intel-rapl:0/intel-rapl:0:1", "90000000");
  EXPECT_EQ(power.joules(), 0.0);
  EXPECT_NE(power.source().find("without more"), std::string::npos) << power.source();
}

TEST_F(RaplTest, ADomainThatGoesAwayEndsTheCounterWithItsReason) {
  two_packages();
  RaplPower power(system_.root());
  EXPECT_TRUE(power.joules());
  system_.remove("intel-rapl:1/energy_uj");
  EXPECT_FALSE(power.joules());
  EXPECT_FALSE(power.joules());
  EXPECT_NE(power.source().find("intel-rapl:1/energy_uj"), std::string::npos) << power.source();
}

// Linux lets only root read the counters. Root may read everything, so where this test is root it becomes nobody first,
// in a process of its own.
TEST_F(RaplTest, OnlyRootMayReadIsSaidWithTheCure) {
  two_packages();
  ASSERT_EQ(chmod(system_.root().c_str(), 0755), 0);
  ASSERT_EQ(chmod((system_.root() / "intel-rapl:0" / "energy_uj").c_str(), 0400), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() != 0) {
      chmod((system_.root() / "intel-rapl:0" / "energy_uj").c_str(), 0);  // its owner: not even for us
    } else if (setresuid(65534, 65534, 65534) != 0) {
      _exit(77);
    }
    RaplPower power(system_.root());
    const std::string why = power.source();
    if (power.joules()) _exit(1);
    if (why.find("only root may read") == std::string::npos) _exit(2);
    if (why.find("sudo chmod a+r " + (system_.root() / "intel-rapl:*" / "energy_uj").string()) == std::string::npos) {
      _exit(3);
    }
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this process may not become another user";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "1: it could be read, 2: no reason, 3: no cure";
}

}  // namespace
}  // namespace diptych::telemetry
