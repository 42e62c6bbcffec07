// diptych bench as a user runs it, on a small model of this test's own making.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "engine/io/gguf_writer.h"
#include "tests/app/small_model.h"

namespace diptych {
namespace {

namespace fs = std::filesystem;

std::vector<std::byte> small_values(int64_t count) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> value(-0.1f, 0.1f);
  std::vector<std::byte> bytes(static_cast<size_t>(count) * sizeof(float));
  for (int64_t i = 0; i < count; ++i) {
    const float x = value(random);
    std::memcpy(&bytes[static_cast<size_t>(i) * sizeof x], &x, sizeof x);
  }
  return bytes;
}

// A llama of two layers, 64 wide, with 100 tokens.
void write_model(const fs::path& path) {
  GgufWriter writer;
  writer.set("general.architecture", "llama");
  writer.set("general.name", "Tiny");
  writer.set("llama.block_count", uint32_t{2});
  writer.set("llama.embedding_length", uint32_t{64});
  writer.set("llama.attention.head_count", uint32_t{4});
  writer.set("llama.attention.head_count_kv", uint32_t{2});
  writer.set("llama.feed_forward_length", uint32_t{96});
  writer.set("llama.context_length", uint32_t{256});
  writer.set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  const auto matrix = [&](const std::string& name, int64_t rows, int64_t cols) {
    writer.add_tensor(name, DType::f32, {rows, cols}, small_values(rows * cols));
  };
  const auto vector = [&](const std::string& name, int64_t n) {
    writer.add_tensor(name, DType::f32, {n}, small_values(n));
  };
  matrix("token_embd.weight", 100, 64);
  vector("output_norm.weight", 64);
  for (int layer = 0; layer < 2; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    vector(block + "attn_norm.weight", 64);
    vector(block + "ffn_norm.weight", 64);
    matrix(block + "attn_q.weight", 64, 64);
    matrix(block + "attn_k.weight", 32, 64);
    matrix(block + "attn_v.weight", 32, 64);
    matrix(block + "attn_output.weight", 64, 64);
    matrix(block + "ffn_gate.weight", 96, 64);
    matrix(block + "ffn_up.weight", 96, 64);
    matrix(block + "ffn_down.weight", 64, 96);
  }
  writer.write(path);
}

struct Answer {
  int status = -1;
  std::string out, errors;
};

class Bench : public testing::Test {
 protected:
  Bench() {
    std::string name = (fs::temp_directory_path() / "diptych-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    write_model(model());
  }
  ~Bench() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  std::string model() const { return (folder_ / "tiny.gguf").string(); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  Answer run(const std::string& arguments) const {
    const std::string errors = (folder_ / "errors").string();
    const std::string command = "env -u DIPTYCH_MODELS DIPTYCH_HOME=" + folder_.string() +
                                " " DIPTYCH_BINARY_DIR "/bin/diptych bench " + arguments + " 2>" + errors;
    Answer answer;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return answer;
    std::array<char, 4096> bytes{};
    for (size_t size = 0; (size = fread(bytes.data(), 1, bytes.size(), pipe)) > 0;)
      answer.out.append(bytes.data(), size);
    const int status = pclose(pipe);
    answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    std::ifstream in(errors);
    answer.errors.assign(std::istreambuf_iterator<char>(in), {});
    return answer;
  }

  fs::path folder_;
};

TEST_F(Bench, LlmJson) {
  const Answer answer = run("llm " + model() + " -p 20 -n 3 5 -d 0,40 --threads 1 --repeat 2 --json");
  ASSERT_EQ(answer.status, 0) << answer.errors;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json["model"]["name"], "Tiny");
  EXPECT_EQ(json["model"]["architecture"], "llama");
  EXPECT_EQ(json["machine"]["roofline"][0]["threads"], 1);
  std::vector<std::string> tests;
  for (const auto& row : json["rows"]) {
    tests.push_back(row["test"]);
    EXPECT_EQ(row["samples"].size(), 2u);
    for (const char* field : {"tokens_per_s", "bandwidth_gb_s", "gflop_s", "roofline_percent"}) {
      EXPECT_GT(row[field].get<double>(), 0) << field;
    }
    EXPECT_GE(row["tokens_per_s_stddev"].get<double>(), 0);
  }
  EXPECT_EQ(tests, (std::vector<std::string>{"pp20", "tg3", "tg5", "pp20 @ d40", "tg3 @ d40", "tg5 @ d40"}));
}

TEST_F(Bench, LlmFormatsAndOrderOfArguments) {
  // The model may stand behind a list of numbers.
  const Answer csv = run("llm -p 0 -n 2 --repeat 1 --csv --threads 1 2 " + model());
  ASSERT_EQ(csv.status, 0) << csv.errors;
  EXPECT_TRUE(csv.out.starts_with("test,prompt_tokens,generated_tokens,")) << csv.out;
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 3) << csv.out;  // one and two threads
  const Answer table = run("llm " + model() + " -p 4 -n 0 --repeat 1 --threads 1 --md");
  ASSERT_EQ(table.status, 0) << table.errors;
  EXPECT_TRUE(table.out.starts_with("| test |")) << table.out;
  EXPECT_NE(table.out.find("| pp4 |"), std::string::npos);
}

// Of a model with a tokenizer; the memory that was predicted is what it took.
TEST_F(Bench, Train) {
  app::write_small_model(folder_ / "small.gguf", "llama", app::untrained);
  const std::string small = (folder_ / "small.gguf").string();
  const Answer answer =
      run("train " + small + " --method lora,loha,full --rank 2 --batch 2 --sequence 32 --repeat 2 --threads 1 --json");
  ASSERT_EQ(answer.status, 0) << answer.errors;
  std::vector<std::string> recipes;
  const auto report = nlohmann::json::parse(answer.out);
  for (const auto& row : report["rows"]) {
    recipes.push_back(row["recipe"]);
    EXPECT_EQ(row["samples"].size(), 2u);
    const double seconds = row["seconds_per_step"];
    EXPECT_GT(seconds, 0);
    EXPECT_NEAR(row["tokens_per_s"].get<double>() * seconds, 64, 0.5);  // packed: no place is left
    EXPECT_GT(row["gflop_s"].get<double>(), 0);
    const double peak = row["peak_memory_bytes"];
    EXPECT_NEAR(row["predicted_memory_bytes"].get<double>(), peak, 0.03 * peak) << recipes.back();
  }
  EXPECT_EQ(recipes, (std::vector<std::string>{"lora r2 2x32", "loha r2 2x32", "full 2x32"}));

  file("texts.jsonl", R"({"text": "some words to learn"})");
  const std::string recipe =
      file("recipe.json", R"({"base": "small.gguf", "data": "texts.jsonl", "output": "out", "rank": 2})");
  const Answer table = run("train " + recipe + " --repeat 1 --threads 1 --md");
  ASSERT_EQ(table.status, 0) << table.errors;
  EXPECT_NE(table.out.find("tokens/s"), std::string::npos) << table.out;
  EXPECT_FALSE(fs::exists(folder_ / "out"));  // nothing is kept
}

TEST_F(Bench, Roofline) {
  const Answer answer = run("roofline --threads 1 --json");
  ASSERT_EQ(answer.status, 0) << answer.errors;
  const auto row = nlohmann::json::parse(answer.out)["rows"][0];
  EXPECT_EQ(row["threads"], 1);
  for (const char* field : {"dram_read_gb_s", "f32_gflop_s", "int8_gop_s"}) EXPECT_GT(row[field].get<double>(), 0);
}

TEST_F(Bench, Kernels) {
  const Answer answer = run("kernels --only rms_norm --threads 1 --repeat 2 --json");
  ASSERT_EQ(answer.status, 0) << answer.errors;
  const auto rows = nlohmann::json::parse(answer.out)["rows"];
  ASSERT_EQ(rows.size(), 2u);  // rms_norm and add_rms_norm
  for (const auto& row : rows) {
    EXPECT_GT(row["time_us"].get<double>(), 0);
    EXPECT_GT(row["bandwidth_gb_s"].get<double>(), 0);
    EXPECT_GT(row["roofline_percent"].get<double>(), 0);
  }
}

TEST_F(Bench, AnImageModelWithAnAdapterAndPreviews) {
  const std::string cases = DIPTYCH_SOURCE_DIR "/tests/golden/cases/";
  const std::string sizes = " --width 32 --height 32 --steps 2 --repeat 2 --threads 1 --json";
  const auto rows_of = [&](const std::string& arguments) {
    const Answer answer = run("image " + cases + arguments + sizes);
    EXPECT_EQ(answer.status, 0) << answer.errors;
    std::map<std::string, nlohmann::json> rows;
    const auto report = nlohmann::json::parse(answer.out, nullptr, false);
    for (const auto& row : report["rows"]) rows[row["component"]] = row;
    return rows;
  };
  const auto plain = rows_of("pipeline_sd15/model --preview --preview-vae " + cases + "vae_tiny/model");
  ASSERT_EQ(plain.size(), 5u);
  for (const auto& [component, row] : plain) {
    EXPECT_GT(row["seconds_per_step"].get<double>(), 0) << component;
    EXPECT_EQ(row["samples"].size(), 2u) << component;
  }
  EXPECT_GT(plain.at("preview, decoded")["gflop_s"].get<double>(), 0);
  EXPECT_GT(plain.at("preview")["step_percent"].get<double>(), 0);
  // Beside the weights there is more to compute, in them there is not.
  const std::string adapted = "pipeline_sd15/model --lora " + cases + "lora_sd15_kohya/lora.safetensors";
  const auto work = [&](const std::map<std::string, nlohmann::json>& rows) {
    const nlohmann::json& row = rows.at("denoiser");
    return row["gflop_s"].get<double>() * row["seconds_per_step"].get<double>();
  };
  const double without = work(rows_of("pipeline_sd15/model"));
  EXPECT_GT(work(rows_of(adapted + " --lora-mode live")), 1.001 * without);
  EXPECT_NEAR(work(rows_of(adapted + " --lora-mode merge")), without, 1e-6 * without);
  const Answer refused =
      run("image " + cases + "pipeline_sd15/model --preview-vae " + cases + "vae_kl_16ch/model" + sizes);
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.errors.find("4 channels"), std::string::npos) << refused.errors;
}

TEST_F(Bench, CompareTellsRegressionsByItsStatus) {
  const auto report = [](const char* samples) {
    return std::string(R"({"machine": {"cpu": "c"}, "rows": [{"test": "pp512", "threads": 2, "tokens_per_s": 100,)") +
           R"("samples": )" + samples + "}]}";
  };
  const std::string fast = file("fast.json", report("[100, 101, 102]")),
                    slow = file("slow.json", report("[80, 81, 82]"));
  const Answer worse = run("compare " + fast + " " + slow);
  EXPECT_EQ(worse.status, 1) << worse.errors;
  EXPECT_NE(worse.out.find("slower"), std::string::npos) << worse.out;
  EXPECT_EQ(run("compare " + slow + " " + fast).status, 0);
  EXPECT_EQ(run("compare " + fast + " " + fast).status, 0);
  const Answer json = run("compare --json " + fast + " " + slow);
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(nlohmann::json::parse(json.out)["rows"][0]["verdict"], "slower");
}

TEST_F(Bench, MistakesAreOneLine) {
  const std::string report = file("no.json", "{}");
  const std::pair<std::string, int> cases[] = {{"llm " + (folder_ / "missing.gguf").string(), 1},
                                               {"llm " + model() + " -p many", 2},
                                               {"llm " + model() + " -p 0 -n 0", 2},
                                               {"llm " + model() + " --threads 0", 2},
                                               {"llm " + model() + " --device meta", 2},
                                               {"llm " + model() + " --device cuda:0", 1},
                                               {"llm " + model() + " --json --csv", 2},
                                               {"llm", 1},  // nothing in the library
                                               {"train", 2},
                                               {"train " + model() + " --method lore", 2},
                                               {"kernels --only nothing-like-this --threads 1", 2},
                                               {"kernels --isa Z80", 2},
                                               {"compare " + report + " " + report, 1},
                                               {"compare " + report, 2},
                                               {"", 2},
                                               {"everything", 2}};
  for (const auto& [arguments, status] : cases) {
    const Answer answer = run(arguments);
    EXPECT_EQ(answer.status, status) << arguments << ": " << answer.errors;
    EXPECT_EQ(answer.out, "") << arguments;
    EXPECT_NE(answer.errors.find("diptych: error: "), std::string::npos) << arguments << ": " << answer.errors;
  }
}

}  // namespace
}  // namespace diptych
