#include "engine/bench/compare.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"

namespace diptych::bench {
namespace {

using nlohmann::json;

json report(const json& rows) {
  return {{"machine", {{"cpu", "c"}, {"instruction_set", "AVX2"}}}, {"rows", rows}};
}
json row(const char* test, std::vector<double> samples) {
  double mean = 0;
  for (const double sample : samples) mean += sample / static_cast<double>(samples.size());
  return {{"test", test}, {"threads", 2}, {"tokens_per_s", mean}, {"samples", samples}};
}
CompareResult compare(const json& a, const json& b) {
  return compare_reports(a, "a.json", b, "b.json", {});
}

TEST(Compare, FindsWhatIsSlowerAndWhatIsNot) {
  const auto before = report({row("pp512", {100, 101, 99, 100}), row("tg128", {50, 51, 49, 50}),
                              row("tg8", {9, 10, 11}), row("pp1", {10, 10.1, 9.9})});
  const auto after = report({row("pp512", {90, 91, 89, 90}), row("tg128", {60, 61, 59, 60}), row("tg8", {8, 9.5, 11}),
                             row("pp1", {9.95, 9.96, 9.94})});
  const CompareResult result = compare(before, after);
  ASSERT_EQ(result.rows.size(), 4u);
  EXPECT_EQ(result.rows[0].verdict, Verdict::slower);
  EXPECT_EQ(result.rows[0].row, "pp512, 2 threads");
  EXPECT_NEAR(result.rows[0].speedup, 0.9, 1e-9);
  EXPECT_LT(result.rows[0].interval.high, 0.95);
  EXPECT_EQ(result.rows[1].verdict, Verdict::faster);
  EXPECT_EQ(result.rows[2].verdict, Verdict::unchanged);  // noise
  EXPECT_EQ(result.rows[3].verdict, Verdict::unchanged);  // certain, but half a percent
  EXPECT_TRUE(result.regressed());
  EXPECT_FALSE(compare(before, before).regressed());
  EXPECT_TRUE(result.same_machine);
}

TEST(Compare, LessTimeIsFaster) {
  const auto kernel = [](std::vector<double> samples) {
    return report(
        json::array({json{{"kernel", "matmul"}, {"threads", 1}, {"time_us", samples[0]}, {"samples", samples}}}));
  };
  const json before = kernel({10, 10.1, 9.9}), after = kernel({5, 5.1, 4.9});
  const CompareResult faster = compare(before, after);
  EXPECT_EQ(faster.rows[0].verdict, Verdict::faster);
  EXPECT_NEAR(faster.rows[0].speedup, 2, 0.01);
  EXPECT_TRUE(compare(after, before).regressed());
}

TEST(Compare, DeviationsStandForSamples) {
  const auto with = [](double mean, double deviation, int repeat) {
    json one{{"test", "tg128"}, {"tokens_per_s", mean}, {"tokens_per_s_stddev", deviation}};
    if (repeat > 0) one["repeat"] = repeat;
    return report(json::array({one}));
  };
  EXPECT_TRUE(compare(with(100, 1, 5), with(90, 1, 5)).regressed());
  EXPECT_TRUE(compare(with(100, 1, 0), with(80, 1, 0)).regressed());
  EXPECT_FALSE(compare(with(100, 1, 1), with(50, 1, 1)).regressed());  // single runs
  EXPECT_FALSE(compare(with(100, 20, 5), with(90, 20, 5)).regressed());
}

TEST(Compare, RowsWithoutACounterpart) {
  const CompareResult result =
      compare(report({row("pp512", {1, 2}), row("pp64", {1, 2})}), report({row("pp512", {1, 2}), row("tg1", {1, 2})}));
  EXPECT_EQ(result.rows.size(), 1u);
  EXPECT_EQ(result.only_before, std::vector<std::string>{"pp64, 2 threads"});
  EXPECT_EQ(result.only_after, std::vector<std::string>{"tg1, 2 threads"});
}

TEST(Compare, RejectsWhatIsNoReport) {
  const json good = report(json::array({row("pp512", {1, 2})}));
  const auto with = [](const json& one) { return report(json::array({one})); };
  const json bad[] = {json::array(),
                      json::object(),
                      report(json::array()),
                      with({{"test", "pp1"}}),
                      with(1),
                      with({{"test", "pp1"}, {"tokens_per_s", "fast"}}),
                      with({{"test", "pp1"}, {"tokens_per_s", -1}}),
                      with({{"test", "pp1"}, {"tokens_per_s", 1}, {"samples", json::array()}}),
                      with({{"test", "pp1"}, {"tokens_per_s", 1}, {"samples", json::array({0})}})};
  for (const json& document : bad) {
    try {
      compare(good, document);
      ADD_FAILURE() << document;
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), ErrorCategory::invalid_file);
      EXPECT_EQ(error.thing(), "b.json");
    }
  }
}

}  // namespace
}  // namespace diptych::bench
