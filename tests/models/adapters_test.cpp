// Adapters on small language models: merged and on the fly, over plain and quantized weights, put on and taken off.
#include "engine/model/adapters.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/io/formats/safetensors.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

struct AdapterTensor {
  Shape dims;
  std::vector<float> values;
};
using AdapterTensors = std::map<std::string, AdapterTensor>;

AdapterTensor random_tensor(const Shape& dims, uint32_t seed, float deviation) {
  std::mt19937 source(seed);
  std::normal_distribution<float> normal(0.0f, deviation);
  AdapterTensor tensor{dims, {}};
  for (int64_t i = 0; i < dims.elements(); ++i) tensor.values.push_back(normal(source));
  return tensor;
}

void write(const fs::path& path, const AdapterTensors& tensors) {
  std::vector<NamedTensor> named;
  for (const auto& [name, tensor] : tensors) {
    named.push_back({name, DType::f32, tensor.dims, std::as_bytes(std::span(tensor.values))});
  }
  write_safetensors(path, named);
}

const TinyShape shape{.hidden = 256, .layers = 2, .heads = 4, .kv_heads = 2, .head_dim = 64, .intermediate = 256};

// PEFT's names: low rank on attention and the MLP, with DoRA's magnitudes where wanted.
AdapterTensors low_rank(uint32_t seed, int64_t rank = 4, bool dora = false) {
  AdapterTensors tensors;
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    const std::string root = "base_model.model.model.layers." + std::to_string(layer) + ".";
    for (const auto& [name, rows] :
         {std::pair{"self_attn.q_proj", shape.heads * shape.head_dim},
          std::pair{"self_attn.k_proj", shape.kv_heads * shape.head_dim}, std::pair{"self_attn.o_proj", shape.hidden},
          std::pair{"mlp.up_proj", shape.intermediate}}) {
      tensors[root + name + ".lora_A.weight"] = random_tensor({rank, 256}, seed++, 0.05f);
      tensors[root + name + ".lora_B.weight"] = random_tensor({rows, rank}, seed++, 0.2f);
      if (!dora) continue;
      AdapterTensor& magnitude = tensors[root + name + ".lora_magnitude_vector"];
      magnitude = random_tensor({rows}, seed++, 0.2f);
      for (float& value : magnitude.values) value += 1;
    }
  }
  return tensors;
}

struct Loaded {
  ModelPart part{"model", std::make_shared<WeightTargets>()};
  std::unique_ptr<CausalLm> model;

  Loaded(Context& ctx, const fs::path& path) {
    ModelRegistry registry;
    models::register_all(registry);
    LoadOptions options;
    options.targets = part.targets;
    model = registry.load_causal_lm(ctx, open_model(path), options);
  }
  std::vector<float> logits(Context& ctx) const { return logits_of(ctx, *model, random_tokens(12, shape.vocab, 3)); }
  void apply(Context& ctx, const std::vector<AdapterUse>& uses, AdapterMode mode = AdapterMode::automatic) const {
    apply_adapters(ctx, {&part, 1}, uses, mode);
  }
};

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
  return largest;
}

class ModelAdapters : public ::testing::Test {
 protected:
  ModelAdapters() {
    write(folder / "a.safetensors", low_rank(1));
    write(folder / "dora.safetensors", low_rank(100, 3, true));
    a = open_adapter(folder / "a.safetensors");
    dora = open_adapter(folder / "dora.safetensors");
  }

  TemporaryFolder folder;
  TinyModel tiny{shape};
  std::shared_ptr<const Adapter> a, dora;
};

TEST_F(ModelAdapters, MergedAndOnTheFlyAreOne) {
  tiny.write_hf(folder / "hf");
  Context ctx(cpu_device, 2);
  const Loaded model(ctx, folder / "hf");
  const std::vector<float> base = model.logits(ctx);
  for (const std::vector<AdapterUse>& uses :
       {std::vector<AdapterUse>{{a, 1}}, {{dora, 1}}, {{dora, 0.6}}, {{a, 0.5}, {dora, 0.7}}, {{a, -0.3}, {a, 1}}}) {
    model.apply(ctx, uses, AdapterMode::merged);
    const std::vector<float> merged = model.logits(ctx);
    model.apply(ctx, uses, AdapterMode::on_the_fly);
    EXPECT_GT(distance(merged, base), 0.01);
    EXPECT_LT(distance(model.logits(ctx), merged), 1e-4);
  }
}

// By hand: the weights of a model that was written with what the adapter adds.
TEST_F(ModelAdapters, AddTheirProduct) {
  tiny.write_hf(folder / "hf");
  const AdapterTensors tensors = low_rank(1);
  TinyModel merged = tiny;
  for (const auto& [name, down] : tensors) {
    const std::string ending = ".lora_A.weight", root = "base_model.model.";
    if (!name.ends_with(ending)) continue;
    const std::string layer = name.substr(0, name.size() - ending.size());
    const AdapterTensor& up = tensors.at(layer + ".lora_B.weight");
    std::vector<float>& w = merged.weights.at(layer.substr(root.size()) + ".weight").values;
    for (size_t i = 0; i < w.size(); ++i) {
      for (size_t k = 0; k < 4; ++k) w[i] += 0.8f * up.values[i / 256 * 4 + k] * down.values[k * 256 + i % 256];
    }
  }
  merged.write_hf(folder / "merged");
  Context ctx(cpu_device, 2);
  const Loaded model(ctx, folder / "hf"), expected(ctx, folder / "merged");
  model.apply(ctx, {{a, 0.8}});
  EXPECT_LT(distance(model.logits(ctx), expected.logits(ctx)), 1e-4);
}

TEST_F(ModelAdapters, LeaveNothingBehind) {
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    const fs::path path = folder / std::string(dtype_name(type));
    tiny.write_hf(path, type);
    Context ctx(cpu_device, 2);
    const Loaded model(ctx, path);
    const std::vector<float> base = model.logits(ctx);
    for (const AdapterMode mode : {AdapterMode::automatic, AdapterMode::merged, AdapterMode::on_the_fly}) {
      model.apply(ctx, {{a, 0}, {dora, 0}}, mode);
      EXPECT_EQ(model.logits(ctx), base);
      model.apply(ctx, {{a, 1}, {dora, 0.5}}, mode);
      const std::vector<float> first = model.logits(ctx);
      model.apply(ctx, {{a, 0.2}}, mode);
      model.apply(ctx, {{a, 1}, {dora, 0.5}}, mode);
      EXPECT_EQ(model.logits(ctx), first);
      model.apply(ctx, {}, mode);
      EXPECT_EQ(model.logits(ctx), base);
    }
  }
}

TEST_F(ModelAdapters, DoNotDependOnTheirOrder) {
  tiny.write_hf(folder / "hf");
  Context ctx(cpu_device, 2);
  const Loaded model(ctx, folder / "hf");
  for (const AdapterMode mode : {AdapterMode::merged, AdapterMode::on_the_fly}) {
    model.apply(ctx, {{a, 0.7}, {dora, 0.9}}, mode);
    const std::vector<float> one = model.logits(ctx);
    model.apply(ctx, {{dora, 0.9}, {a, 0.7}}, mode);
    EXPECT_LT(distance(model.logits(ctx), one), 1e-4);
  }
}

// llama.cpp's files have other names, and rows of q and k in pairs.
TEST_F(ModelAdapters, FitGgufFilesOfTheSameModel) {
  tiny.write_hf(folder / "hf");
  tiny.write_gguf(folder / "m.gguf");
  Context ctx(cpu_device, 2);
  const Loaded hf(ctx, folder / "hf"), gguf(ctx, folder / "m.gguf");
  for (const AdapterMode mode : {AdapterMode::merged, AdapterMode::on_the_fly}) {
    hf.apply(ctx, {{a, 1}, {dora, 1}}, mode);
    gguf.apply(ctx, {{a, 1}, {dora, 1}}, mode);
    EXPECT_LT(distance(gguf.logits(ctx), hf.logits(ctx)), 1e-4);
  }
}

// What an adapter changes is nearly the same over weights that are quantized, which stay as they are.
TEST_F(ModelAdapters, RunOverQuantizedWeights) {
  tiny.write_gguf(folder / "f32.gguf");
  Context ctx(cpu_device, 2);
  const Loaded plain(ctx, folder / "f32.gguf");
  const std::vector<float> plain_base = plain.logits(ctx);
  plain.apply(ctx, {{a, 1}});
  const std::vector<float> plain_adapted = plain.logits(ctx);
  const double effect = distance(plain_adapted, plain_base);
  for (const DType type : {DType::q8_0, DType::q4_k}) {
    const fs::path path = folder / (std::string(dtype_name(type)) + ".gguf");
    tiny.write_gguf(path, type);
    const Loaded model(ctx, path);
    std::vector<float> change = model.logits(ctx), expected = plain_base;
    model.apply(ctx, {{a, 1}});
    const std::vector<float> adapted = model.logits(ctx);
    for (size_t i = 0; i < change.size(); ++i) {
      change[i] = adapted[i] - change[i];
      expected[i] = plain_adapted[i] - expected[i];
    }
    // The share that a quantized model's own error has in the difference of two of its results: measured 4 and 30 %.
    EXPECT_LT(distance(change, expected), (type == DType::q8_0 ? 0.1 : 0.5) * effect) << dtype_name(type);
    model.apply(ctx, {{dora, 1}}, AdapterMode::merged);  // cannot be merged, and is not
    EXPECT_GT(distance(model.logits(ctx), adapted), 0);
  }
}

TEST_F(ModelAdapters, ThatDoNotFitChangeNothing) {
  tiny.write_hf(folder / "hf");
  Context ctx(cpu_device, 2);
  const Loaded model(ctx, folder / "hf");
  model.apply(ctx, {{a, 1}});
  const std::vector<float> before = model.logits(ctx);
  const auto refused = [&](const std::string& name, const AdapterTensors& tensors) {
    write(folder / (name + ".safetensors"), tensors);
    std::string message;
    try {
      model.apply(ctx, {{open_adapter(folder / (name + ".safetensors")), 1}, {dora, 1}});
    } catch (const Error& error) {
      message = error.what();
    }
    EXPECT_EQ(model.logits(ctx), before) << name;
    return message;
  };
  AdapterTensors other = low_rank(1);
  for (const char* part : {".lora_A.weight", ".lora_B.weight"}) {
    other["base_model.model.model.layers.7.self_attn.q_proj" + std::string(part)] = random_tensor({4, 4}, 1, 1);
  }
  const std::string unknown = refused("unknown", other);
  EXPECT_NE(unknown.find("1 of its 9 layers"), unknown.npos) << unknown;
  EXPECT_NE(unknown.find("layers.7.self_attn.q_proj"), unknown.npos) << unknown;
  AdapterTensors wrong = low_rank(1);
  wrong["base_model.model.model.layers.0.mlp.up_proj.lora_A.weight"] = random_tensor({4, 128}, 1, 1);
  const std::string shape_message = refused("wrong", wrong);
  EXPECT_NE(shape_message.find("layers.0.mlp.up_proj changes a weight of 256 x 128"), shape_message.npos)
      << shape_message;
  AdapterTensors torn = low_rank(1);
  torn.erase("base_model.model.model.layers.1.mlp.up_proj.lora_B.weight");
  const std::string missing = refused("torn", torn);
  EXPECT_NE(missing.find("layers.1.mlp.up_proj lacks its tensor lora_up"), missing.npos) << missing;
  ctx.cancel.cancel();
  EXPECT_THROW(model.apply(ctx, {{dora, 1}}), Error);
  ctx.cancel = {};
  model.apply(ctx, {{a, 1}});
  EXPECT_EQ(model.logits(ctx), before);
}

TEST_F(ModelAdapters, TakeThePredictedMemory) {
  tiny.write_hf(folder / "hf", DType::f16);
  for (const AdapterMode mode : {AdapterMode::merged, AdapterMode::on_the_fly}) {
    const auto run = [&](Device device) {
      Context ctx(device, 2);
      const Loaded model(ctx, folder / "hf");
      model.apply(ctx, {{a, 1}, {dora, 0.5}}, mode);
      model.model->forward(ctx, Batch::single(random_tokens(30, shape.vocab, 1)), nullptr);
      const MemoryUse use = ctx.arena()->use();
      return std::tuple{use.total_peak_bytes, use.peak_bytes, ctx.cost().flops, ctx.cost().bytes()};
    };
    EXPECT_EQ(run(meta_device), run(cpu_device));
  }
}

}  // namespace
}  // namespace diptych::testing
