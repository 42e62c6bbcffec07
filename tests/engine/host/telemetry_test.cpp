#include "engine/host/telemetry_sampler.h"
#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class TelemetryTest : public HostTest {};

TEST_F(TelemetryTest, SamplesSayHowEachFigureIsKnown) {
  behaviour_->tokens = 3500;
  behaviour_->token_us = 1000;
  load();
  client().put("/api/settings", {{"watts", 20}});
  const std::string id = new_conversation();
  client().post("/api/conversations/" + id + "/messages", {{"text", "go"}});
  int samples = 0, busy = 0;
  Json last;
  const auto begin = SteadyClock::now();
  client().events("/api/telemetry", [&](const api::SseEvent& event) {
    ++samples;
    const Json sample = *api::parse(event.data);
    if (sample["busy"] == true && sample["tokens_per_s"]["value"].is_number() &&
        sample["tokens_per_s"]["value"].get<double>() > 0) {
      ++busy;
      last = sample;
    }
    return busy == 4;
  });
  EXPECT_LT(SteadyClock::now() - begin, std::chrono::milliseconds(3200)) << "four samples per second while busy";
  ASSERT_EQ(busy, 4);
  EXPECT_NEAR(last["tokens_per_s"]["value"].get<double>(), 900, 250);
  EXPECT_EQ(last["tokens_per_s"]["known"], "counter");
  const Json device = last["devices"][0];
  EXPECT_EQ(device["owners"][0]["owner"], "weights");
  EXPECT_EQ(device["owners"][0]["bytes"], 1 << 20);
  EXPECT_EQ(device["bandwidth_gb_s"]["known"], "modelled");
  EXPECT_NEAR(device["bandwidth_gb_s"]["value"].get<double>(), 0.9, 0.25);  // 1 MB per token
  EXPECT_EQ(device["bandwidth_roofline_gb_s"]["known"], "unreadable");
  EXPECT_EQ(device["power_w"]["known"], "estimated");
  EXPECT_EQ(device["power_w"]["value"], 20.0);
  EXPECT_NEAR(device["joules_per_token"]["value"].get<double>(), 20 / 900.0, 0.01);
  EXPECT_GT(device["utilisation"]["value"].get<double>(), 0.9);
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

class FakePower final : public PowerSource {
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
  EXPECT_NEAR(answer["metrics"]["joules_per_token"].get<double>(), 0.033, 0.01);
  Json sample;
  client().events("/api/telemetry", [&](const api::SseEvent& event) {
    sample = *api::parse(event.data);
    return sample["devices"][0]["power_w"]["value"].is_number();
  });
  EXPECT_EQ(sample["devices"][0]["power_w"]["known"], "counter");
  EXPECT_NEAR(sample["devices"][0]["power_w"]["value"].get<double>(), 30, 1);
}

}  // namespace
}  // namespace diptych::host
