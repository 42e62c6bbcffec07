#include "engine/bench/report.h"

#include <gtest/gtest.h>

namespace diptych::bench {
namespace {

Report example() {
  Report report{.benchmark = "llm", .machine = {}, .rooflines = {}, .model = {}};
  report.machine = {.cpu = "A, \"B\"", .instruction_set = "AVX2", .system = "Linux", .usable_cores = 2};
  report.rooflines.push_back({2, 15, 180, 400});
  report.model = {{"name", "m"}};
  report.rows.push_back(
      {{"test", "pp512"}, {"threads", 2}, {"tokens_per_s", 100.25}, {"tokens_per_s_stddev", 1.5}, {"samples", {1, 2}}});
  report.rows.push_back({{"test", "tg8 @ d4, \"x\""}, {"threads", 2}, {"tokens_per_s", 3.0}});
  return report;
}

TEST(Report, Json) {
  const ordered_json json = to_json(example());
  EXPECT_EQ(json["benchmark"], "llm");
  EXPECT_EQ(json["machine"]["cpu"], "A, \"B\"");
  EXPECT_EQ(json["machine"]["roofline"][0]["int8_gop_s"], 400);
  EXPECT_EQ(json["model"]["name"], "m");
  EXPECT_EQ(json["rows"][0]["samples"].size(), 2u);
}

TEST(Report, CsvQuotesAndLeavesListsOut) {
  EXPECT_EQ(to_csv(example()),
            "test,threads,tokens_per_s,tokens_per_s_stddev\n"
            "pp512,2,100.25,1.5\n"
            "\"tg8 @ d4, \"\"x\"\"\",2,3.0,\n");
}

TEST(Report, Markdown) {
  EXPECT_EQ(to_markdown(example(), {{"test", "test"}, {"tokens_per_s", "t/s", 1, "tokens_per_s_stddev"}}),
            "| test | t/s |\n|---|---:|\n| pp512 | 100.2 ± 1.5 |\n| tg8 @ d4, \"x\" | 3.0 |\n");
}

TEST(Report, RooflineIsMeasuredOnce) {
  Report report = example();
  EXPECT_EQ(report.roofline(2).f32_gflop_per_s, 180);  // known, not measured again
  const auto measured = report.roofline(1);
  EXPECT_GT(measured.dram_read_gb_per_s, 0);
  EXPECT_EQ(report.rooflines.size(), 2u);
  EXPECT_EQ(report.roofline(1).dram_read_gb_per_s, measured.dram_read_gb_per_s);
}

TEST(Machine, IsDescribed) {
  const Machine machine = this_machine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_FALSE(machine.instruction_set.empty());
  EXPECT_GE(machine.usable_cores, 1);
  EXPECT_GT(machine.memory_bytes, 1 << 20);
}

}  // namespace
}  // namespace diptych::bench
