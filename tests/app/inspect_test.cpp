// diptych eval and logits as a user calls them: what they write, and the one line that they fail with.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "engine/model/evaluate.h"
#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

class Inspect : public ::testing::Test {
 protected:
  void SetUp() override {
    TinyModel({.architecture = "qwen2"}).write_hf(folder / "model");
    model = load(ctx, folder / "model");
  }
  // The command's exit status; its messages are in error().
  int run(const std::string& arguments) const {
    const std::string command = std::string(DIPTYCH_BINARY_DIR) + "/bin/diptych " + arguments + " > " +
                                (folder / "out.txt").string() + " 2> " + (folder / "error.txt").string();
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string error() const {
    std::ifstream file(folder / "error.txt");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string path(const std::string& name) const { return (folder / name).string(); }

  const TemporaryFolder folder;
  Context ctx{cpu_device, 2};
  std::unique_ptr<CausalLm> model;
};

TEST_F(Inspect, LogitsAreTheModels) {
  ASSERT_EQ(run("logits " + path("model") + " --tokens 5,6,7 --threads 1 --seed 1 --out " + path("l.safetensors")), 0)
      << error();
  const TensorMap written = read_tensors(ctx, path("l.safetensors"));
  ASSERT_EQ(written.size(), 1u);
  const Tensor& logits = written.at("logits");
  EXPECT_EQ(logits.shape(), (Shape{3, 128}));
  EXPECT_EQ(std::vector<float>(logits.span<float>().begin(), logits.span<float>().end()),
            logits_of(ctx, *model, {5, 6, 7}));
}

TEST_F(Inspect, EvalWritesWhatEvaluateGives) {
  Tensor ids = ctx.output({2, 3}, DType::i64), mask = ctx.output({2, 3}, DType::i64);
  std::ranges::copy(std::vector<int64_t>{0, 6, 7, 1, 2, 3}, ids.data<int64_t>());
  std::ranges::copy(std::vector<int64_t>{0, 1, 1, 1, 1, 1}, mask.data<int64_t>());
  const TensorMap inputs{{"input_ids", ids}, {"attention_mask", mask}};
  write_tensors(path("in.safetensors"), inputs);
  ASSERT_EQ(run("eval " + path("model") + " --inputs " + path("in.safetensors") + " --out " + path("out.safetensors") +
                " --device cpu"),
            0)
      << error();
  const TensorMap written = read_tensors(ctx, path("out.safetensors"));
  const TensorMap direct = evaluate(ctx, *model, inputs);
  ASSERT_EQ(written.size(), direct.size());
  for (const auto& [name, tensor] : direct) {
    ASSERT_TRUE(written.contains(name)) << name;
    EXPECT_TRUE(std::ranges::equal(written.at(name).span<float>(), tensor.span<float>())) << name;
  }
}

TEST_F(Inspect, EvalReadsTextEncoders) {
  const std::string cases = DIPTYCH_SOURCE_DIR "/tests/golden/cases/";
  for (const std::string name : {"text_encoder_clip_l", "text_encoder_t5_gated", "text_encoder_qwen3_layer_minus_2"}) {
    const std::string one = cases + name;
    ASSERT_EQ(run("eval " + one + "/model --inputs " + one + "/inputs.safetensors --out " + path("e.safetensors")), 0)
        << error();
    const TensorMap written = read_tensors(ctx, path("e.safetensors"));
    for (const auto& [output, tensor] : read_tensors(ctx, one + "/expected.safetensors")) {
      ASSERT_TRUE(written.contains(output)) << name << " " << output;
      EXPECT_EQ(written.at(output).shape(), tensor.shape()) << name << " " << output;
    }
    EXPECT_FALSE(written.contains("logits")) << name;
  }
}

TEST_F(Inspect, FailuresAreOneLineThatSaysWhatToDo) {
  const std::string out = " --out " + path("x.safetensors");
  struct Failure {
    std::string arguments;
    int status;
    std::string named;
  };
  for (const auto& [arguments, status, named] : std::vector<Failure>{
           {"logits " + path("nowhere") + " --tokens 1" + out, 1, "nowhere"},
           {"logits " + path("model") + " --tokens 1,999" + out, 2, "999"},
           {"logits " + path("model") + " --tokens 1,x" + out, 2, "x"},
           {"logits " + path("model") + out, 2, "--tokens"},
           {"logits " + path("model") + " --tokens 1 --device cuda:0" + out, 1, "cuda:0"},
           {"logits " + path("model") + " --tokens 1 --device meta" + out, 1, "meta"},
           {"eval " + path("model") + " --inputs " + path("none.safetensors") + out, 1, "none.safetensors"},
           {"eval " + path("model") + " --inputs " + path("model/config.json") + out, 1, "config.json"},
           {"eval " + path("model") + " --inputs " + path("model/model.safetensors") + " --dtype bf16" + out, 1,
            "bf16"},
           {"eval " + path("model") + " --inputs " + path("model/model.safetensors") + " --part decode" + out, 2,
            "decode"},
           {"eval " + path("model") + " --inputs " + path("model/model.safetensors") + out, 1, "lm_head.weight"}}) {
    EXPECT_EQ(run(arguments), status) << arguments << "\n" << error();
    const std::string message = error();
    EXPECT_TRUE(message.starts_with("diptych: error: ")) << message;
    EXPECT_EQ(std::ranges::count(message, '\n'), 1) << message;
    EXPECT_NE(message.find(named), std::string::npos) << message;
    EXPECT_FALSE(std::filesystem::exists(path("x.safetensors"))) << arguments;
  }
}

}  // namespace
}  // namespace diptych::testing
