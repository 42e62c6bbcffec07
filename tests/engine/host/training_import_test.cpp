// Recipes of files and the examples that come along, as the wizard asks for them.
#include "tests/engine/host/training_host_testing.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

class TrainingImportTest : public TrainingHostTest {
 protected:
  void TearDown() override { unsetenv("DIPTYCH_EXAMPLES"); }
  void write(const fs::path& name, const std::string& text) const {
    fs::create_directories((folder() / name).parent_path());
    std::ofstream(folder() / name) << text;
  }
  Reply import(const std::string& name) {
    return client().post("/api/training/import", {{"path", (folder() / name).string()}});
  }
  static std::vector<std::string> keys_of(const api::Json& not_taken) {
    std::vector<std::string> keys;
    for (const api::Json& one : not_taken) keys.push_back(one["key"]);
    return keys;
  }
};

TEST_F(TrainingImportTest, AConfigurationOfKohyaBecomesARecipe) {
  write("kohya/train.toml",
        "pretrained_model_name_or_path = 'small'\ntrain_data_dir = 'img'\nnetwork_dim = 12\nxformers = true\n"
        "output_dir = 'out'\noutput_name = 'style'\nmax_train_steps = 77\n");
  const Reply reply = import("kohya/train.toml");
  ASSERT_EQ(reply.status, 200) << reply.text;
  const api::Json& recipe = reply.json["recipe"];
  EXPECT_EQ(recipe["base"], "small");  // as the library calls it
  EXPECT_EQ(recipe["rank"], 12);
  EXPECT_EQ(recipe["steps"], 77);
  EXPECT_EQ(recipe["data"][0]["path"], (folder() / "kohya/img").string());
  EXPECT_EQ(recipe["output"], (folder() / "kohya/out/style").string());
  EXPECT_EQ(keys_of(reply.json["not_taken"]), std::vector<std::string>{"xformers"});
  EXPECT_FALSE(reply.json["not_taken"][0]["reason"].get<std::string>().empty());
}

TEST_F(TrainingImportTest, WhatThisHostLacksIsLeftToChoose) {
  write("train.toml", "pretrained_model_name_or_path = 'sdxl.safetensors'\nnetwork_dim = 8\n");
  const Reply reply = import("train.toml");
  ASSERT_EQ(reply.status, 200) << reply.text;
  EXPECT_FALSE(reply.json["recipe"].contains("base"));
  EXPECT_FALSE(reply.json["recipe"].contains("data"));
  ASSERT_EQ(reply.json["not_taken"].size(), 1u);
  EXPECT_EQ(reply.json["not_taken"][0]["key"], "base");
  EXPECT_EQ(reply.json["not_taken"][0]["value"], "sdxl.safetensors");
}

TEST_F(TrainingImportTest, OurOwnRecipesAreTakenToo) {
  api::Json own = recipe();
  own["data"] = "data.jsonl";
  own["output"] = "out";
  write("recipe.json", own.dump());
  const Reply reply = import("recipe.json");
  ASSERT_EQ(reply.status, 200) << reply.text;
  EXPECT_EQ(reply.json["recipe"]["data"][0]["path"], (folder() / "data.jsonl").string());
  EXPECT_EQ(reply.json["recipe"]["learning_rate"], 0.005);
  EXPECT_TRUE(reply.json["not_taken"].empty());
  // What comes back can be planned as it is.
  const Reply plan = client().post("/api/training/plan", {{"recipe", reply.json["recipe"]}, {"alternatives", false}});
  EXPECT_EQ(plan.status, 200) << plan.text;
}

TEST_F(TrainingImportTest, OtherFilesAreRefusedWithAReason) {
  write("notes.txt", "rank 8");
  EXPECT_EQ(import("notes.txt").status, 400);
  write("broken.toml", "a = = 1");
  const Reply broken = import("broken.toml");
  EXPECT_GE(broken.status, 400);
  EXPECT_NE(broken.text.find("line 1"), std::string::npos) << broken.text;
  EXPECT_EQ(import("nowhere.toml").status, 404);
  EXPECT_EQ(client().post("/api/training/import", {{"path", "train.toml"}}).status, 400);
}

TEST_F(TrainingImportTest, ExamplesSayWhatTheyAreAndAreReadWhole) {
  write("examples/words/example.json", R"({"title": "Words", "text": "Says a word.", "goal": "tone"})");
  write("examples/words/words.jsonl", R"({"prompt": "say a", "completion": "a a"})");
  write("examples/words/recipe.json",
        R"({"base": "small", "data": "words.jsonl", "output": "out", "steps": 3, "sample_prompts": ["say b"]})");
  write("examples/pictures/example.json", R"({"title": "Pictures", "text": "", "goal": "style"})");
  write("examples/pictures/recipe.json", R"({"base": "not-here", "data": "pictures", "output": "out"})");
  write("examples/broken/example.json", "[]");
  write("examples/other/readme", "no example");
  setenv("DIPTYCH_EXAMPLES", (folder() / "examples").c_str(), 1);
  const api::Json list = client().get("/api/training/examples").json["examples"];
  ASSERT_EQ(list.size(), 2u) << list;
  EXPECT_EQ(list[0]["name"], "pictures");
  EXPECT_EQ(list[0]["base"], "");
  EXPECT_EQ(list[0]["base_name"], "not-here");
  EXPECT_EQ(list[1]["title"], "Words");
  EXPECT_EQ(list[1]["base"], "small");
  EXPECT_EQ(list[1]["goal"], "tone");
  EXPECT_EQ(list[1]["recipe"]["data"][0]["path"], (folder() / "examples/words/words.jsonl").string());
  EXPECT_EQ(list[1]["recipe"]["sample_prompts"][0], "say b");
  EXPECT_FALSE(list[1]["recipe"].contains("steps"));  // how it is trained, the goal says
  // As the wizard goes on: the data are judged and the goal is there.
  const Reply data = client().post("/api/training/data", {{"recipe", list[1]["recipe"]}});
  EXPECT_EQ(data.json["records"], 1) << data.text;
  setenv("DIPTYCH_EXAMPLES", (folder() / "nowhere").c_str(), 1);
  EXPECT_TRUE(client().get("/api/training/examples").json["examples"].empty());
}

}  // namespace
}  // namespace diptych::host
