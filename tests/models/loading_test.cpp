// What a model's files lack or contradict is an Error that names it.
#include <gtest/gtest.h>

#include <fstream>

#include "models/registry.h"
#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

class Loading : public ::testing::Test {
 protected:
  Error load_error(const TinyModel& model) const {
    model.write_hf(folder / "model");
    return error_of([&] {
      Context ctx(cpu_device, 1);
      load(ctx, folder / "model");
    });
  }

  const TemporaryFolder folder;
};

bool mentions(const Error& error, const std::string& text) {
  return std::string(error.what()).find(text) != std::string::npos;
}

TEST_F(Loading, NamesAMissingWeight) {
  for (const std::string name : {"model.layers.1.mlp.down_proj.weight", "model.embed_tokens.weight", "lm_head.weight",
                                 "model.layers.0.input_layernorm.weight"}) {
    TinyModel model({});
    ASSERT_EQ(model.weights.erase(name), 1u);
    const Error error = load_error(model);
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file);
    EXPECT_TRUE(mentions(error, name)) << error.what();
  }
}

TEST_F(Loading, NamesAMisshapenWeight) {
  TinyModel model({});
  auto& weight = model.weights["model.layers.0.self_attn.k_proj.weight"];
  weight.dims = Shape{weight.dims[1], weight.dims[0]};
  const Error error = load_error(model);
  EXPECT_EQ(error.category(), ErrorCategory::invalid_file);
  EXPECT_TRUE(mentions(error, "self_attn.k_proj") && mentions(error, "[32, 64]") && mentions(error, "[64, 32]"))
      << error.what();
}

TEST_F(Loading, NamesAMisshapenNormAndBias) {
  TinyModel norm({});
  norm.weights["model.norm.weight"] = {Shape{3}, {1, 2, 3}};
  EXPECT_TRUE(mentions(load_error(norm), "model.norm.weight"));
  TinyModel bias({.architecture = "qwen2"});
  bias.weights["model.layers.0.self_attn.q_proj.bias"] = {Shape{3}, {1, 2, 3}};
  EXPECT_TRUE(mentions(load_error(bias), "q_proj.bias"));
}

TEST_F(Loading, ListsWhatIsSupported) {
  TinyModel model({});
  model.config["model_type"] = "perceptron";
  const Error error = load_error(model);
  EXPECT_EQ(error.category(), ErrorCategory::unsupported);
  EXPECT_TRUE(mentions(error, "'perceptron'"));
  for (const char* known : {"gemma2", "gemma3", "gemma3_text", "llama", "mistral", "qwen2", "qwen3"}) {
    EXPECT_TRUE(mentions(error, known)) << known << " in: " << error.what();
  }
}

TEST_F(Loading, RefusesConfigurationsThatContradictThemselves) {
  const auto with = [](const char* key, nlohmann::json value) {
    TinyModel model({});
    model.config[key] = std::move(value);
    return model;
  };
  for (const auto& [key, value] : std::vector<std::pair<const char*, nlohmann::json>>{
           {"num_key_value_heads", 3},
           {"num_attention_heads", 0},
           {"num_hidden_layers", -1},
           {"num_hidden_layers", 1ll << 40},
           {"hidden_size", "wide"},
           {"hidden_size", 64.5},
           {"head_dim", 1ll << 31},
           {"rms_norm_eps", -1.0},
           {"rope_parameters", {{"rope_type", "linear"}, {"factor", 0}}},
           {"rope_parameters", {{"rope_theta", -5}}},
           {"rope_parameters", "default"}}) {
    EXPECT_EQ(load_error(with(key, value)).category(), ErrorCategory::invalid_file) << key << " " << value;
  }
  for (const auto& [key, value] : std::vector<std::pair<const char*, nlohmann::json>>{
           {"hidden_act", "relu2"}, {"rope_parameters", {{"rope_type", "spiral"}}}}) {
    const Error error = load_error(with(key, value));
    EXPECT_EQ(error.category(), ErrorCategory::unsupported) << key << " " << value;
    EXPECT_TRUE(mentions(error, key == std::string("hidden_act") ? "relu2" : "spiral")) << error.what();
  }
}

TEST_F(Loading, RefusesTokensThatTheModelDoesNotHave) {
  TinyModel({}).write_hf(folder / "model");
  Context ctx(cpu_device, 1);
  const auto model = load(ctx, folder / "model");
  for (const int32_t token : {-1, 128}) {
    const Error error = error_of([&] { logits_of(ctx, *model, {1, token}); });
    EXPECT_EQ(error.category(), ErrorCategory::invalid_argument);
    EXPECT_TRUE(mentions(error, "0 to 127")) << error.what();
  }
}

TEST_F(Loading, StopsWhenItIsCancelled) {
  TinyModel({}).write_hf(folder / "model");
  Context ctx(cpu_device, 1);
  ModelRegistry registry;
  models::register_all(registry);
  LoadOptions options;
  options.cancel.cancel();
  const ModelSource source = open_model(folder / "model");
  EXPECT_EQ(error_of([&] { registry.load_causal_lm(ctx, source, options); }).category(), ErrorCategory::cancelled);
}

// A folder may leave out what its family takes for granted.
TEST_F(Loading, KnowsTheDefaultsOfEachFamily) {
  const auto same_without = [&](const TinyModel& model, const std::vector<std::string>& keys) {
    TinyModel without = model;
    for (const std::string& key : keys) EXPECT_EQ(without.config.erase(key), 1u) << key;
    model.write_hf(folder / "with");
    without.write_hf(folder / "without");
    Context ctx(cpu_device, 1);
    const auto a = load(ctx, folder / "with"), b = load(ctx, folder / "without");
    const auto tokens = random_tokens(9, 128, 1);
    return logits_of(ctx, *a, tokens) == logits_of(ctx, *b, tokens) &&
           a->info().sliding_window == b->info().sliding_window;
  };
  TinyModel gemma({.architecture = "gemma3_text", .heads = 8, .kv_heads = 4, .head_dim = 256, .tied = true});
  gemma.config.update({{"query_pre_attn_scalar", 256},
                       {"sliding_window", 4096},
                       {"rope_theta", 1e6},
                       {"rope_local_base_freq", 1e4},
                       {"hidden_activation", "gelu_pytorch_tanh"}});
  EXPECT_TRUE(same_without(gemma, {"num_attention_heads", "num_key_value_heads", "head_dim", "tie_word_embeddings",
                                   "query_pre_attn_scalar", "sliding_window", "rope_theta", "rope_local_base_freq",
                                   "hidden_activation", "rms_norm_eps", "max_position_embeddings"}));
  TinyModel mistral({.architecture = "mistral", .heads = 8, .kv_heads = 8, .head_dim = 8});
  mistral.config["sliding_window"] = 4096;
  EXPECT_TRUE(same_without(mistral, {"num_key_value_heads", "sliding_window", "head_dim"}));
  TinyModel qwen({.architecture = "qwen3", .head_dim = 128});
  qwen.config.update({{"use_sliding_window", false}, {"hidden_act", "silu"}});
  EXPECT_TRUE(same_without(qwen, {"head_dim", "use_sliding_window", "hidden_act"}));
}

TEST_F(Loading, WindowsAllLayersWhereNoneIsExempt) {
  TinyModel model({.architecture = "qwen2", .layers = 2});
  model.config.update({{"use_sliding_window", true}, {"sliding_window", 3}, {"max_window_layers", 0}});
  model.write_hf(folder / "all");
  model.config["layer_types"] = {"sliding_attention", "sliding_attention"};
  model.write_hf(folder / "listed");
  model.config["layer_types"] = {"full_attention", "full_attention"};
  model.write_hf(folder / "none");
  Context ctx(cpu_device, 1);
  const auto tokens = random_tokens(9, 128, 1);
  const auto all = logits_of(ctx, *load(ctx, folder / "all"), tokens);
  EXPECT_EQ(all, logits_of(ctx, *load(ctx, folder / "listed"), tokens));
  EXPECT_NE(all, logits_of(ctx, *load(ctx, folder / "none"), tokens));
}

TEST_F(Loading, FollowsTheNamedActivation) {
  TinyModel model({});
  std::vector<std::vector<float>> results;
  for (const char* name : {"silu", "gelu", "gelu_pytorch_tanh"}) {
    model.config["hidden_act"] = name;
    model.write_hf(folder / name);
    Context ctx(cpu_device, 1);
    results.push_back(logits_of(ctx, *load(ctx, folder / name), {1, 2, 3}));
  }
  EXPECT_NE(results[0], results[1]);
  EXPECT_NE(results[1], results[2]);
}

}  // namespace
}  // namespace diptych::testing
