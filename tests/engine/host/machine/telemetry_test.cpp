#include <algorithm>

#include "engine/host/machine/telemetry_sampler.h"
#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class TelemetryTest : public HostTest {};

// Asks for an answer when the first sample has come; all samples until one that finds the device idle again. A busy
// machine makes the fake model slower, so figures are compared with each other and with what was written in all.
std::vector<Json> samples_of_an_answer(Client& client, const std::string& conversation) {
  std::vector<Json> samples;
  bool was_busy = false;
  client.events("/api/telemetry", [&](const api::SseEvent& event) {
    samples.push_back(*api::parse(event.data));
    if (samples.size() == 1) {
      Client other(client.port());
      other.post("/api/conversations/" + conversation + "/messages", {{"text", "go"}});
    }
    was_busy = was_busy || samples.back()["busy"] == true;
    return was_busy && samples.back()["busy"] == false;
  });
  return samples;
}

TEST_F(TelemetryTest, SamplesSayHowEachFigureIsKnown) {
  constexpr int tokens = 2500;
  behaviour_->tokens = tokens;
  behaviour_->token_us = 1000;
  load();
  client().put("/api/settings", {{"watts", 20}, {"automatic_titles", false}});
  const std::vector<Json> samples = samples_of_an_answer(client(), new_conversation());
  ASSERT_GE(samples.size(), 6u);
  double counted = 0;
  std::vector<double> intervals_ms;
  Json last;
  for (size_t i = 1; i < samples.size(); ++i) {
    const double interval_ms = samples[i]["time_ms"].get<double>() - samples[i - 1]["time_ms"].get<double>();
    if (!samples[i]["tokens_per_s"]["value"].is_number()) continue;
    counted += samples[i]["tokens_per_s"]["value"].get<double>() * interval_ms / 1000;
    if (samples[i]["busy"] == true && samples[i - 1]["busy"] == true) {
      intervals_ms.push_back(interval_ms);
      last = samples[i];
    }
  }
  EXPECT_NEAR(counted, tokens, 0.04 * tokens) << "rates times intervals are the tokens that were written";
  ASSERT_FALSE(intervals_ms.empty());
  std::nth_element(intervals_ms.begin(), intervals_ms.begin() + static_cast<ptrdiff_t>(intervals_ms.size() / 2),
                   intervals_ms.end());
  EXPECT_NEAR(intervals_ms[intervals_ms.size() / 2], 250, 100) << "four samples per second while busy";
  const double tokens_per_s = last["tokens_per_s"]["value"];
  EXPECT_EQ(last["tokens_per_s"]["known"], "counter");
  const Json device = last["devices"][0];
  EXPECT_EQ(device["owners"][0]["owner"], "weights");
  EXPECT_EQ(device["owners"][0]["bytes"], 1 << 20);
  EXPECT_EQ(device["bandwidth_gb_s"]["known"], "modelled");
  EXPECT_NEAR(device["bandwidth_gb_s"]["value"].get<double>(), tokens_per_s / 1000, tokens_per_s / 1e5);  // 1 MB each
  EXPECT_EQ(device["bandwidth_roofline_gb_s"]["known"], "unreadable");
  EXPECT_EQ(device["power_w"]["known"], "estimated");
  EXPECT_EQ(device["power_w"]["value"], 20.0);
  const double utilisation = device["utilisation"]["value"];
  EXPECT_GT(utilisation, 0.9);
  EXPECT_NEAR(device["joules_per_token"]["value"].get<double>(), 20 / tokens_per_s, 0.15 * 20 / tokens_per_s);
  EXPECT_EQ(device["joules_per_token"]["known"], "estimated");
  for (const auto& [name, reading] : device.items()) {
    if (reading.is_object()) {
      EXPECT_FALSE(reading["source"].get<std::string>().empty()) << name;
    }
  }
  const Json history = client().get("/api/telemetry/history?seconds=60").json;
  EXPECT_GE(history["samples"].size(), 1u);
}

TEST_F(TelemetryTest, WithoutACounterPowerGivesItsReason) {
  Json sample;
  client().events("/api/telemetry", [&](const api::SseEvent& event) {
    sample = *api::parse(event.data);
    return true;
  });
  EXPECT_EQ(sample["devices"][0]["power_w"]["known"], "unreadable");
  EXPECT_TRUE(sample["devices"][0]["power_w"]["value"].is_null());
  EXPECT_FALSE(sample["devices"][0]["power_w"]["source"].get<std::string>().empty());
}

class FakePower final : public telemetry::PowerSource {
 public:
  std::optional<double> joules() override {
    return std::chrono::duration<double>(SteadyClock::now().time_since_epoch()).count() * 30;  // 30 W
  }
  std::string source() const override { return "a made-up counter"; }
};

TEST_F(TelemetryTest, ACounterOfEnergyIsPreferred) {
  stop();
  HostOptions options;
  options.power = std::make_shared<FakePower>();
  start(std::move(options));
  behaviour_->tokens = 300;
  behaviour_->token_us = 1000;
  load();
  const std::string id = new_conversation();
  const Json answer = ask(id, "go");
  const double watts =
      answer["metrics"]["joules_per_token"].get<double>() * answer["metrics"]["tokens_per_s"].get<double>();
  EXPECT_GT(watts, 29.5);  // a little more than 30: the energy of the whole answer over the time of its decoding
  EXPECT_LT(watts, 40);
  Json sample;
  client().events("/api/telemetry", [&](const api::SseEvent& event) {
    sample = *api::parse(event.data);
    return sample["devices"][0]["power_w"]["value"].is_number();
  });
  EXPECT_EQ(sample["devices"][0]["power_w"]["known"], "counter");
  EXPECT_NEAR(sample["devices"][0]["power_w"]["value"].get<double>(), 30, 1);
}

TEST_F(TelemetryTest, TheRooflineIsMeasuredOnceAModelIsThereAndLimitsWhatIsPredicted) {
  stop();
  std::atomic<int> measured{0};
  const auto measure = [&](int threads) {
    ++measured;
    return Roofline{10.0 * threads, 100, 400};
  };
  const auto file = folder_.path() / "roofline.json";
  HostOptions options;
  options.roofline = std::make_shared<MachineRoofline>(file, "a processor", 2, measure);
  std::atomic<double> used{1.0};
  options.processor_use = [&] { return used.load(); };
  start(options);
  const auto bandwidth = [&] {
    Json reading;
    client().events("/api/telemetry", [&](const api::SseEvent& event) {
      reading = (*api::parse(event.data))["devices"][0]["bandwidth_roofline_gb_s"];
      return true;
    });
    return reading;
  };
  EXPECT_EQ(bandwidth()["known"], "unreadable");
  EXPECT_EQ(measured, 0) << "before a model is loaded nobody asks for it";
  load();
  for (int sample = 0; sample < 8; ++sample) bandwidth();
  EXPECT_EQ(measured, 0) << "other programs use the machine";
  used = 0.05;
  EXPECT_TRUE(eventually([&] { return bandwidth()["value"] == 20.0; }, 20000));
  EXPECT_EQ(bandwidth()["known"], "counter");
  // 1 MB per token: 20 GB/s are at most 20,000 tokens/s.
  const Json models = client().get("/api/models").json["models"];
  const auto tiny = std::find_if(models.begin(), models.end(), [](const Json& model) { return model["id"] == "tiny"; });
  ASSERT_NE(tiny, models.end());
  EXPECT_NEAR((*tiny)["tokens_per_s"].get<double>(), 20000, 1);
  stop();
  options.roofline = std::make_shared<MachineRoofline>(file, "a processor", 2, measure);
  start(options);
  EXPECT_EQ(bandwidth()["value"], 20.0) << "kept from the first time";
  EXPECT_EQ(measured, 1);
}

}  // namespace
}  // namespace diptych::host
