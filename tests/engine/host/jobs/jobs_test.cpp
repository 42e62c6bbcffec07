#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

using api::Json;

class JobsTest : public HostTest {
 protected:
  std::string text_of(const std::vector<api::SseEvent>& events) {
    std::string text;
    for (const auto& event : events) {
      if (event.type == "grew") text += (*api::parse(event.data))["text"].get<std::string>();
    }
    return text;
  }
};

TEST_F(JobsTest, EventsAreNumberedWithoutGapsAndResumeExactly) {
  behaviour_->tokens = 200;
  behaviour_->token_us = 1000;
  load();
  const std::string id = new_conversation();
  const Reply sent = client().post("/api/conversations/" + id + "/messages", {{"text", "go"}});
  const std::string path = "/api/jobs/" + sent.json["job"].get<std::string>() + "/events";
  std::vector<api::SseEvent> all;
  bool last = false;
  for (int connection = 0; !last && connection < 1000; ++connection) {
    int seen = 0;
    const auto events = client().events(
        path, [&](const api::SseEvent&) { return ++seen == 9; }, all.empty() ? "" : all.back().id);
    for (const auto& event : events) {
      ASSERT_EQ(event.id, std::to_string(all.size() + 1));
      all.push_back(event);
      last = event.type == "state" && (*api::parse(event.data))["state"] == "done";
    }
  }
  EXPECT_TRUE(last);
  EXPECT_EQ(text_of(all), fake_text(0, 200));
  // The same from the journal, also by another run of the host.
  start();
  const auto stored = client().events(path, [](const api::SseEvent&) { return false; });
  EXPECT_EQ(stored, all);
  const auto rest = client().events(
      path, [](const api::SseEvent&) { return false; }, "5");
  ASSERT_EQ(rest.size(), all.size() - 5);
  EXPECT_EQ(rest[0], all[5]);
  EXPECT_EQ(client()
                .events(
                    path, [](const api::SseEvent&) { return false; }, "999999")
                .size(),
            0u);
}

TEST_F(JobsTest, WhatIsNoLongerInMemoryComesFromTheJournal) {
  behaviour_->tokens = 1;
  const TemporaryFolder folder;
  auto writer = std::make_unique<WriteQueue>(folder.path() / "diptych.db");
  Reader reader(folder.path() / "diptych.db");
  JobBoard board(*writer, [](const api::JobInfo&) {});
  const auto job = board.create_and_post(api::JobKind::answer, "long", nullptr);
  job->start();
  for (int i = 0; i < 10000; ++i) job->grew(R"({"text":"x","thinking":""})");
  JobStream stream(job, job->id(), reader, 0);
  job->end(api::JobState::done);
  std::string out;
  while (stream.next(out, SteadyClock::now() + std::chrono::seconds(5))) {
  }
  const auto events = api::SseParser().feed(out);
  ASSERT_EQ(events.size(), 10002u);
  for (size_t i = 0; i < events.size(); ++i) ASSERT_EQ(events[i].id, std::to_string(i + 1));
  writer.reset();  // in front of the board, which hears how its writes went
}

TEST_F(JobsTest, CancelEndsAJobWithinAStep) {
  behaviour_->tokens = 100000;
  behaviour_->token_us = 1000;
  load();
  const std::string id = new_conversation();
  const Json running = client().post("/api/conversations/" + id + "/messages", {{"text", "go"}}).json;
  const Json queued = client().post("/api/conversations/" + id + "/messages", {{"text", "go"}}).json;
  EXPECT_TRUE(eventually([&] { return client().get("/api/jobs?active=1").json["jobs"].size() == 2; }));
  const std::string second = queued["job"];
  EXPECT_EQ(client().get("/api/jobs/" + second).json["state"], "queued");
  client().post("/api/jobs/" + second + "/cancel");
  const auto begin = SteadyClock::now();
  client().post("/api/jobs/" + running["job"].get<std::string>() + "/cancel");
  EXPECT_EQ(wait_for_job(running["job"])["state"], "cancelled");
  EXPECT_EQ(wait_for_job(second)["state"], "cancelled");
  EXPECT_LT(SteadyClock::now() - begin, std::chrono::seconds(5));  // and not 100 s
  EXPECT_EQ(message(id, queued["answer"]["id"])["state"], "stopped");
}

TEST_F(JobsTest, UnknownJobsAndIdsAreRefused) {
  EXPECT_EQ(client().get("/api/jobs/none").status, 404);
  EXPECT_EQ(client().get("/api/jobs/none/events").status, 404);
  EXPECT_EQ(client().post("/api/jobs/none/cancel").status, 404);
  load();
  const std::string job = client().get("/api/jobs").json["jobs"][0]["id"];
  EXPECT_EQ(client().get("/api/jobs/" + job + "/events?after=x").status, 400);
}

}  // namespace
}  // namespace diptych::host
