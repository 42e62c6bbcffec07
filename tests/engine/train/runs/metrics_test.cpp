// Metrics files: their fields, and what stays of them after a resume.
#include "engine/train/runs/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/io/files/atomic_file.h"
#include "engine/train/runs/event_file.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;
using diptych::testing::TemporaryFolder;
using nlohmann::json;

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<uint8_t>(byte) >> 4];
    text += digits[static_cast<uint8_t>(byte) & 15];
  }
  return text;
}

// Written by tensorboard 2.x: RecordWriter(file).write(event_pb2.Event(…).SerializeToString()).
TEST(EventFile, HasTensorBoardsBytes) {
  EXPECT_EQ(hexadecimal(version_record(1700000000.25)),
            "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe9");
  const std::vector<ScalarValue> values{{"train/loss", 2.5}, {"b", -0.125}};
  EXPECT_EQ(hexadecimal(event_record(1700000001.5, 300, values)),
            "2b00000000000000861bc34b0900006040fc54d94110ac022a1d0a110a0a747261696e2f6c6f737315000020400a080a0162150000"
            "00be6eb9261f");
}

TEST(EventFile, KeepsWholeRecordsOfEarlierSteps) {
  const std::vector<ScalarValue> values{{"train/loss", 2.5}};
  const std::string start = version_record(1) + event_record(2, 1, values) + event_record(3, 2, values);
  const std::string all = start + event_record(4, 1000, values) + event_record(5, 1001, values);
  EXPECT_EQ(records_until(all, 2), start);
  EXPECT_EQ(records_until(all, 5000), all);
  EXPECT_EQ(records_until(all, 0), version_record(1));
  for (size_t size = start.size(); size < start.size() + 40; ++size)
    EXPECT_EQ(records_until(all.substr(0, size), 5000), start);
  for (const size_t at : {start.size(), start.size() + 9, start.size() + 20}) {
    std::string damaged = all;
    damaged[at] ^= 1;
    EXPECT_EQ(records_until(damaged, 5000), start) << at;
  }
  EXPECT_EQ(records_until("", 1), "");
  EXPECT_EQ(records_until(std::string(100, '\xff'), 1), "");
}

class Metrics : public ::testing::Test {
 protected:
  MetricsFiles files() const {
    return {temporary / "out" / "metrics.jsonl", temporary / "out" / "metrics.csv", temporary / "out" / "runs"};
  }
  static StepMetrics of_step(int64_t step) {
    StepMetrics metrics{.step = step,
                        .loss = 1.0 / 3.0 + static_cast<double>(step),
                        .grad_norm = 0.5,
                        .learning_rate = 1e-4,
                        .tokens_per_s = 1234.5,
                        .memory_bytes = 1 << 20};
    if (step % 2 == 0) metrics.validation_loss = 2.25;
    return metrics;
  }
  std::string text(const fs::path& path) const { return read_text_file(path); }
  fs::path event_file() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(files().tensorboard)) found.push_back(entry.path());
    EXPECT_EQ(found.size(), 1u);
    return found.at(0);
  }

  TemporaryFolder temporary;
};

TEST_F(Metrics, HaveTheFieldsOfTheCommandLine) {
  MetricsWriter writer(files(), 0);
  writer.write(of_step(1));
  EXPECT_EQ(
      text(files().jsonl),
      "{\"step\":1,\"loss\":1.3333333333333333,\"grad_norm\":0.5,\"learning_rate\":0.0001,\"tokens_per_s\":1234.5,"
      "\"memory_bytes\":1048576}\n");
  EXPECT_EQ(text(files().csv),
            "step,loss,grad_norm,learning_rate,tokens_per_s,images_per_s,memory_bytes,validation_loss\n"
            "1,1.3333333333333333,0.5,0.0001,1234.5,,1048576,\n");
  writer.write({.step = 2, .loss = NAN, .images_per_s = 0.5, .validation_loss = 3});
  const std::string line = text(files().jsonl).substr(text(files().jsonl).find('\n') + 1);
  EXPECT_EQ(json::parse(line), json::parse(R"({"step": 2, "loss": null, "grad_norm": 0.0, "learning_rate": 0.0,
                                             "images_per_s": 0.5, "memory_bytes": 0, "validation_loss": 3.0})"));
  EXPECT_NE(text(files().csv).find("\n2,,0.0,0.0,,0.5,0,3.0\n"), std::string::npos) << text(files().csv);
}

TEST_F(Metrics, GoOnBehindTheResumedStep) {
  std::string jsonl, csv, events;
  {
    MetricsWriter writer(files(), 0);
    for (int64_t step = 1; step <= 3; ++step) writer.write(of_step(step));
    jsonl = text(files().jsonl);
    csv = text(files().csv);
    events = text(event_file());
    for (int64_t step = 4; step <= 6; ++step) writer.write(of_step(step));
  }
  for (const fs::path& file : {files().jsonl, files().csv, event_file()}) {
    std::ofstream(file, std::ios::app) << "7";  // a write that was cut off
  }
  MetricsWriter writer(files(), 3);
  EXPECT_EQ(text(files().jsonl), jsonl);
  EXPECT_EQ(text(files().csv), csv);
  EXPECT_EQ(text(event_file()), events);
  writer.write(of_step(4));
  EXPECT_EQ(text(files().jsonl).find(jsonl), 0u);
  EXPECT_NE(text(files().jsonl).find("\"step\":4"), std::string::npos);
  EXPECT_NE(text(files().csv).find("\n4,"), std::string::npos);
  EXPECT_EQ(records_until(text(event_file()), 4), text(event_file()));
  EXPECT_GT(text(event_file()).size(), events.size());
}

TEST_F(Metrics, BeginAnew) {
  { MetricsWriter(files(), 0).write(of_step(1)); }
  MetricsWriter writer(files(), 0);
  EXPECT_TRUE(fs::is_empty(files().jsonl));
  EXPECT_EQ(text(files().csv).find('\n'), text(files().csv).size() - 1);
  EXPECT_EQ(records_until(text(event_file()), 100), text(event_file()));
  EXPECT_EQ(records_until(text(event_file()), 0), text(event_file()));
}

}  // namespace
}  // namespace diptych::train
