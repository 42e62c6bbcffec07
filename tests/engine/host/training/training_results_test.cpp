// What a run leaves is used: in answers, side by side with the base, and by other programs.
#include "engine/io/formats/gguf.h"
#include "engine/model/adapter_file.h"
#include "tests/engine/host/training/training_host_testing.h"

namespace diptych::host {
namespace {

class TrainingResultsTest : public TrainingHostTest {
 protected:
  // Learnt so much that greedy answers differ.
  api::Json trained() {
    const api::Json run = finished(begin(recipe({{"steps", 60}, {"learning_rate", 0.02}}), "Echo"));
    EXPECT_EQ(run["state"], "finished") << run;
    return run;
  }
  std::string answer(const api::Json& adapters) {
    const Reply reply =
        client().post("/v1/chat/completions", {{"model", "small"},
                                               {"messages", {{{"role", "user"}, {"content", "say w1"}}}},
                                               {"max_tokens", 12},
                                               {"temperature", 0},
                                               {"adapters", adapters}});
    EXPECT_EQ(reply.status, 200) << reply.text;
    return reply.status == 200 ? reply.json["choices"][0]["message"]["content"].get<std::string>() : "";
  }
};

TEST_F(TrainingResultsTest, AnswersAreWrittenWithAdapters) {
  const std::string path = trained()["results"][0]["path"];
  const std::string plain = answer(api::Json::array());
  const std::string tuned = answer({{{"file", path}}});
  EXPECT_NE(plain, tuned);
  // Taken off again it is the base, to the letter; at no strength it says what the base says.
  EXPECT_EQ(answer(api::Json::array()), plain);
  EXPECT_EQ(answer({{{"file", path}, {"scale", 0}}}), plain);
  EXPECT_EQ(answer({{{"file", path}}}), tuned);

  const std::string conversation = client()
                                       .post("/api/conversations", {{"settings",
                                                                     {{"model", "small"},
                                                                      {"temperature", 0},
                                                                      {"max_tokens", 12},
                                                                      {"repeat_penalty", 1},
                                                                      {"adapters", {{{"file", path}}}}}}})
                                       .json["id"];
  const Reply sent = client().post("/api/conversations/" + conversation + "/messages", {{"text", "say w1"}});
  ASSERT_EQ(sent.status, 201) << sent.text;
  wait_for_job(sent.json["job"]);
  const api::Json messages = client().get("/api/conversations/" + conversation).json["messages"];
  EXPECT_EQ(messages[1]["text"], tuned);

  const Reply missing = client().post("/v1/chat/completions", {{"model", "small"},
                                                               {"messages", {{{"role", "user"}, {"content", "x"}}}},
                                                               {"adapters", {{{"file", "nowhere"}}}}});
  EXPECT_EQ(missing.status, 404) << missing.text;
}

TEST_F(TrainingResultsTest, AreComparedWithTheBaseAtOneSeed) {
  const api::Json run = trained();
  const std::string path = "/api/training/runs/" + run["id"].get<std::string>();
  const Reply started = client().post(path + "/compare", {{"prompt", "say w1"}, {"seed", 7}, {"max_tokens", 12}});
  ASSERT_EQ(started.status, 202) << started.text;
  EXPECT_EQ(started.json["seed"], 7);
  const api::Json base = wait_for_job(started.json["base_job"]), tuned = wait_for_job(started.json["tuned_job"]);
  ASSERT_EQ(base["state"], "done") << base;
  ASSERT_EQ(tuned["state"], "done") << tuned;
  EXPECT_NE(base["result"]["text"], tuned["result"]["text"]);
  const Reply without =
      client().post(path + "/compare", {{"prompt", "say w1"}, {"seed", 7}, {"max_tokens", 12}, {"scale", 0}});
  EXPECT_EQ(wait_for_job(without.json["tuned_job"])["result"]["text"], base["result"]["text"]);
  EXPECT_EQ(client().post(path + "/compare", {{"prompt", ""}}).status, 400);
}

TEST_F(TrainingResultsTest, AreExportedForOthers) {
  const api::Json run = trained();
  const std::string path = "/api/training/runs/" + run["id"].get<std::string>();
  std::filesystem::create_directories(folder() / "out");
  for (const std::string format : {"peft", "gguf", "merged"}) {
    const api::Json body{{"format", format}, {"folder", (folder() / "out").string()}};
    const Reply started = client().post(path + "/export", body);
    ASSERT_EQ(started.status, 202) << started.text;
    const api::Json job = wait_for_job(started.json["job"]);
    ASSERT_EQ(job["state"], "done") << job;
    EXPECT_GT(job["result"]["size_bytes"], 0);
    const std::filesystem::path written = job["result"]["path"].get<std::string>();
    EXPECT_TRUE(std::filesystem::exists(written));
    EXPECT_TRUE(format == "merged" || !open_adapter(written)->layers.empty());
    if (format == "gguf") {
      // The same words, whatever the file's form and order of rows.
      EXPECT_EQ(answer({{{"file", written.string()}}}), answer({{{"file", run["results"][0]["path"]}}}));
    }
    EXPECT_EQ(client().post(path + "/export", body).status, 400) << "nothing is replaced";
  }
  const Reply loading =
      client().post("/v1/chat/completions", {{"model", (folder() / "out/Echo-merged.gguf").string()},
                                             {"messages", {{{"role", "user"}, {"content", "say w1"}}}},
                                             {"max_tokens", 12},
                                             {"temperature", 0}});
  ASSERT_EQ(loading.status, 200) << loading.text;
  EXPECT_EQ(loading.json["choices"][0]["message"]["content"], answer({{{"file", run["results"][0]["path"]}}}));
  const Reply nowhere = client().post(path + "/export", {{"format", "peft"}, {"folder", "/nowhere/at/all"}});
  EXPECT_EQ(nowhere.status, 400);
}

}  // namespace
}  // namespace diptych::host
