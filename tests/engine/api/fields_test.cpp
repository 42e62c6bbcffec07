#include "engine/api/fields.h"

#include <gtest/gtest.h>

#include "engine/api/conversation.h"
#include "engine/api/error.h"
#include "engine/api/job.h"
#include "engine/api/model.h"
#include "engine/api/telemetry.h"
#include "engine/api/version.h"

namespace diptych::api {
namespace {

template <typename T>
std::string field_of(const std::string& json) {
  try {
    from_json<T>(*parse(json));
  } catch (const FieldError& error) {
    return error.field();
  }
  return "";
}

TEST(Fields, MessageSurvivesTheRoundTrip) {
  Message message;
  message.id = "m1";
  message.role = Role::assistant;
  message.state = MessageState::interrupted;
  message.text = "Grüße, \"world\"\n";
  message.thinking_ms = 12.5;
  message.settings = to_json(ConversationSettings{});
  message.metrics.tokens_per_s = 38.25;
  message.metrics.cached_tokens = 7;
  message.error = make_error("io", "cannot save", "the answer", "disk full", "free some space");
  message.deleted_ms = 99;
  const Json json = *parse(dump(to_json(message)));
  EXPECT_EQ(json["state"], "interrupted");
  EXPECT_TRUE(json["metrics"]["ttft_ms"].is_null());
  EXPECT_EQ(from_json<Message>(json), message);
}

TEST(Fields, SamplingStandsBesideTheOtherSettings) {
  ConversationSettings settings;
  settings.sampling.temperature = 0.25;
  settings.sampling.seed = 9007199254740993;  // not exact as a double
  settings.stop = {"\n\n", "END"};
  settings.context_policy = ContextPolicy::summarise;
  const Json json = to_json(settings);
  EXPECT_EQ(json["temperature"], 0.25);
  EXPECT_EQ(from_json<ConversationSettings>(json), settings);
}

TEST(Fields, UnknownNamesAreIgnoredAndMissingOnesKeepTheDefault) {
  const auto settings = from_json<HostSettings>(*parse(R"({"watts": 45, "later": [1, 2]})"));
  EXPECT_EQ(settings.watts, 45.0);
  EXPECT_EQ(settings.kv, "f16");
  EXPECT_FALSE(from_json<HostSettings>(*parse(R"({"watts": null})")).watts.has_value());
}

TEST(Fields, WrongKindsNameTheirPath) {
  EXPECT_EQ(field_of<Message>("[]"), "the body");
  EXPECT_EQ(field_of<Message>(R"({"text": 1})"), "text");
  EXPECT_EQ(field_of<Message>(R"({"role": "robot"})"), "role");
  EXPECT_EQ(field_of<Message>(R"({"metrics": {"ttft_ms": "soon"}})"), "metrics.ttft_ms");
  EXPECT_EQ(field_of<ConversationSettings>(R"({"stop": ["a", 2]})"), "stop[1]");
  EXPECT_EQ(field_of<ConversationSettings>(R"({"top_k": 2.5})"), "top_k");
  EXPECT_EQ(field_of<ConversationSettings>(R"({"top_k": 99999999999})"), "top_k");
  EXPECT_EQ(field_of<ConversationSettings>(R"({"seed": 1e300})"), "seed");
  EXPECT_EQ(field_of<ConversationSettings>(R"({"seed": 18446744073709551615})"), "seed");
  EXPECT_EQ(field_of<ConversationSettings>(R"({"top_k": 3.0})"), "");
}

TEST(Fields, ValuesOutOfRangeAreRefused) {
  ConversationSettings settings;
  settings.sampling.top_p = 1.5;
  EXPECT_THROW(check(settings), FieldError);
  settings.sampling.top_p = 1;
  settings.stop = {""};
  EXPECT_THROW(check(settings), FieldError);
  HostSettings host;
  host.kv = "q8_0";
  EXPECT_THROW(check(host), FieldError);
  LoadRequest load;
  EXPECT_THROW(check(load), FieldError);
}

TEST(Fields, ParseRefusesDepthAndGarbage) {
  EXPECT_FALSE(parse("{").has_value());
  EXPECT_FALSE(parse("").has_value());
  EXPECT_FALSE(parse("{} x").has_value());
  EXPECT_FALSE(parse("\"\xff\"").has_value());
  EXPECT_FALSE(parse(std::string(100000, '[')).has_value());
  EXPECT_TRUE(parse(std::string(60, '[') + std::string(60, ']')).has_value());
  EXPECT_EQ(dump(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
}

TEST(Errors, CarryFourPartsAndAStatus) {
  const ErrorInfo error = make_error("not_found", "cannot open", "x.gguf", "no such file", "check the path");
  EXPECT_EQ(error.message, "cannot open: x.gguf: no such file; check the path");
  EXPECT_EQ(http_status(error.category), 404);
  EXPECT_EQ(read_error(dump(error_body(error)), 404), error);
  EXPECT_EQ(read_error("<html>", 502).category, "unavailable");
  EXPECT_EQ(read_error(R"({"error": "text"})", 502).thing, "HTTP status 502");
}

TEST(Version, OnlyOurMajorIsSpoken) {
  EXPECT_TRUE(speaks_our_protocol("1.0"));
  EXPECT_TRUE(speaks_our_protocol("1.17"));
  EXPECT_FALSE(speaks_our_protocol("2.0"));
  EXPECT_FALSE(speaks_our_protocol("10.1"));
  EXPECT_FALSE(speaks_our_protocol(""));
}

TEST(Telemetry, RoundTrip) {
  TelemetrySample sample;
  sample.tokens_per_s = reading(12.5, Known::counter, "tokens over time");
  DeviceTelemetry device;
  device.device = "cpu";
  device.power_w = unreadable("energy_uj: permission denied");
  device.owners = {{"weights", 1e9, 2e9}};
  sample.devices.push_back(device);
  const auto copy = from_json<TelemetrySample>(to_json(sample));
  EXPECT_EQ(copy.tokens_per_s, sample.tokens_per_s);
  EXPECT_EQ(copy.devices.at(0).power_w, device.power_w);
  EXPECT_EQ(copy.devices.at(0).owners.at(0).peak_bytes, 2e9);
}

TEST(Patch, CarriesOnlyWhatIsSet) {
  ConversationPatch patch;
  patch.draft = "";
  EXPECT_EQ(dump(patch_body(patch)), R"({"draft":""})");
}

}  // namespace
}  // namespace diptych::api
