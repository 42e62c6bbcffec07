#include "engine/host/machine/machine_roofline.h"

#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

class MachineRooflineTest : public testing::Test {
 protected:
  MachineRoofline roofline(const std::string& processor = "p", int threads = 2) {
    return {folder_.path() / "roofline.json", processor, threads, [this](int with) {
              ++calls_;
              return Roofline{with * 10.0, with * 100.0, with * 400.0};
            }};
  }
  void write(const std::string& text) { std::ofstream(folder_.path() / "roofline.json") << text; }
  TemporaryFolder folder_;
  int calls_ = 0;
};

TEST_F(MachineRooflineTest, IsKeptForThisProcessorAndTheseThreads) {
  {
    MachineRoofline first = roofline();
    EXPECT_FALSE(first.known());
    first.measure();
    EXPECT_EQ(first.value().bandwidth_gb_s, 20);
    EXPECT_EQ(first.value().gflop_s, 200);
  }
  EXPECT_EQ(roofline().value().bandwidth_gb_s, 20);
  EXPECT_EQ(roofline().value().int8_gop_s, 800);
  EXPECT_FALSE(roofline("another processor").known());
  EXPECT_FALSE(roofline("p", 4).known());
  EXPECT_EQ(calls_, 1);
}

TEST_F(MachineRooflineTest, AFileThatIsNoRooflineIsMeasuredAnew) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"version": 2, "processor": "p", "threads": 2, "bandwidth_gb_s": "fast"})",
        R"({"version": 2, "processor": "p", "threads": 2, "bandwidth_gb_s": -1, "gflop_s": 1, "int8_gop_s": 1})",
        R"({"version": 3, "processor": "p", "threads": 2, "bandwidth_gb_s": 1, "gflop_s": 1, "int8_gop_s": 1})"}) {
    write(text);
    EXPECT_FALSE(roofline().known()) << text;
  }
  roofline().measure();
  EXPECT_TRUE(roofline().known());
}

TEST_F(MachineRooflineTest, EveryKindOfWorkHasItsOwnCeiling) {
  const Roofline machine{.bandwidth_gb_s = 20, .gflop_s = 200, .int8_gop_s = 800};
  EXPECT_EQ(machine.compute_gflop_s({}), 200);
  EXPECT_EQ(machine.compute_gflop_s({.flops = 10}), 200);
  EXPECT_EQ(machine.compute_gflop_s({.flops = 10, .int8_flops = 10}), 800);
  EXPECT_EQ(machine.compute_gflop_s({.flops = 10, .int8_flops = 8}), 500) << "10 in 8 / 800 + 2 / 200";
  EXPECT_EQ(Roofline{}.compute_gflop_s({.flops = 10, .int8_flops = 8}), 0) << "not measured yet";
}

TEST_F(MachineRooflineTest, WithoutAPlaceToKeepItItIsStillKnown) {
  write("a file where a folder is needed");
  MachineRoofline there(folder_.path() / "roofline.json" / "below", "p", 1, [](int) { return Roofline{5, 50, 100}; });
  there.measure();
  EXPECT_EQ(there.value().bandwidth_gb_s, 5);
}

TEST_F(MachineRooflineTest, WhatCouldNotBeMeasuredIsNotKept) {
  MachineRoofline there(folder_.path() / "roofline.json", "p", 1, [](int) { return Roofline{0, 50, 100}; });
  there.measure();
  EXPECT_FALSE(there.known());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "roofline.json"));
}

TEST_F(MachineRooflineTest, MeasuresThisMachine) {
  MachineRoofline there(folder_.path() / "roofline.json", "p", 1);
  there.measure();
  EXPECT_GT(there.value().bandwidth_gb_s, 0.1);
  EXPECT_GT(there.value().gflop_s, 0.1);
  EXPECT_EQ(MachineRoofline(folder_.path() / "roofline.json", "p", 1).value().gflop_s, there.value().gflop_s);
}

}  // namespace
}  // namespace diptych::host
