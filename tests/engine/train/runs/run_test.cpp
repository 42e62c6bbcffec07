#include "engine/train/runs/run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/model/adapters.h"
#include "engine/train/open_task.h"
#include "engine/train/preference.h"
#include "engine/train/runs/checkpoint.h"
#include "engine/train/runs/trainer.h"
#include "engine/train/text_task.h"
#include "models/registry.h"
#include "tests/app/small_model.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

class TrainingRun : public testing::Test {
 protected:
  TrainingRun() {
    models::register_all(registry);
    fs::remove_all(folder);
    fs::create_directories(folder);
    app::write_small_model(folder / "small.gguf", "llama", app::untrained);
    std::ofstream data(folder / "data.jsonl");
    for (int i = 0; i < 24; ++i) {
      const std::string letter(1, static_cast<char>('a' + i));
      data << nlohmann::json{{"prompt", "say " + letter}, {"completion", letter + letter + letter}}.dump() << '\n';
    }
  }
  ~TrainingRun() override { fs::remove_all(folder); }

  Recipe recipe(const std::string& output, nlohmann::json more = nlohmann::json::object()) const {
    nlohmann::json json{{"base", "small.gguf"}, {"data", "data.jsonl"},    {"output", output}, {"steps", 12},
                        {"batch", 2},           {"sequence", 64},          {"rank", 4},        {"learning_rate", 0.01},
                        {"schedule", "cosine"}, {"checkpoint_every", 100}, {"seed", 7}};
    json.update(more);
    Recipe parsed = parse_recipe(json.dump(), "recipe.json");
    parsed.folder = folder;
    return parsed;
  }

  struct Outcome {
    RunResult result;
    std::vector<double> losses;
  };

  Outcome train(const Recipe& recipe, const RunOptions& options = {}, int64_t cancel_after = -1) {
    Context ctx(cpu_device, 2);
    const OpenedTask opened = open_task(ctx, registry, recipe, folder / "small.gguf", BaseKind::text);
    Outcome outcome;
    RunEvents events;
    events.step = [&](const StepMetrics& metrics, int64_t) {
      outcome.losses.push_back(metrics.loss);
      if (metrics.step == cancel_after) options.cancel.cancel();
    };
    outcome.result = run_training(ctx, recipe, *opened.task, events, options);
    return outcome;
  }

  void gives_the_same_logits(const std::string& method) {
    const Recipe one = recipe(method, {{"method", method}, {"targets", {"q_proj", "k_proj", "v_proj", "down_proj"}}});
    Context ctx(cpu_device, 2);
    TextTask task(ctx, one, load_text_base(ctx, registry, folder / "small.gguf"));
    run_training(ctx, one, task, {}, {});
    const Batch batch = Batch::single({5, 90, 17, 33, 120});
    const Tensor trained = task.base().model->forward(ctx, batch, nullptr);

    Context other(cpu_device, 2);
    const TextBase fresh = load_text_base(other, registry, folder / "small.gguf");
    const ModelPart part{"model", fresh.targets};
    const AdapterUse use{.adapter = open_adapter(folder / method)};
    apply_adapters(other, {&part, 1}, {&use, 1}, AdapterMode::on_the_fly);
    const Tensor loaded = fresh.model->forward(other, batch, nullptr);
    ASSERT_EQ(trained.shape(), loaded.shape());
    double change = 0;
    const Tensor plain = [&] {
      Context third(cpu_device, 2);
      return load_text_base(third, registry, folder / "small.gguf").model->forward(third, batch, nullptr);
    }();
    for (int64_t i = 0; i < trained.elements(); ++i) {
      EXPECT_NEAR(trained.data<float>()[i], loaded.data<float>()[i], 2e-5f) << method;
      change = std::max(change, std::abs(static_cast<double>(trained.data<float>()[i] - plain.data<float>()[i])));
    }
    EXPECT_GT(change, 0.01) << method;
  }

  std::string bytes(const fs::path& path) const {
    std::ifstream file(folder / path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
  }

  ModelRegistry registry;
  const fs::path folder = fs::path(DIPTYCH_BINARY_DIR) / "tests/training_run" /
                          testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(TrainingRun, LearnsItsData) {
  const Outcome outcome = train(recipe("out", {{"steps", 60}, {"validation", 0.2}}));
  EXPECT_TRUE(outcome.result.finished);
  ASSERT_EQ(outcome.losses.size(), 60u);
  EXPECT_LT(outcome.losses.back(), 0.75 * outcome.losses.front());  // one layer of random weights
  ASSERT_TRUE(outcome.result.validation_loss);
  EXPECT_LT(*outcome.result.validation_loss, outcome.losses.front());
  std::ifstream metrics(folder / "out/metrics.jsonl");
  std::string line;
  int64_t lines = 0;
  while (std::getline(metrics, line)) {
    const nlohmann::json json = nlohmann::json::parse(line);
    EXPECT_EQ(json.at("step"), ++lines);
    EXPECT_GT(json.at("tokens_per_s"), 0);
    EXPECT_GT(json.at("memory_bytes"), 0);
  }
  EXPECT_EQ(lines, 60);
}

// The adapter that was written does to a fresh model what training saw.
TEST_F(TrainingRun, WritesAnAdapterThatGivesTheSameLogits) {
  for (const char* method : {"lora", "dora", "loha", "lokr"}) gives_the_same_logits(method);
}

// Against central differences of the loss itself.
TEST(Preference, SlopesAreThoseOfTheLoss) {
  const std::vector<double> before{-10, -12, -30, -29};
  for (const double smoothing : {0.0, 0.2}) {
    std::vector<double> now{-9, -14, -33, -28};
    const PreferenceLoss loss = preference_loss_of(now, before, 0.3, smoothing);
    for (size_t i = 0; i < now.size(); ++i) {
      const double value = now[i];
      now[i] = value + 1e-5;
      const double above = preference_loss_of(now, before, 0.3, smoothing).value;
      now[i] = value - 1e-5;
      const double below = preference_loss_of(now, before, 0.3, smoothing).value;
      now[i] = value;
      EXPECT_NEAR(loss.slopes[i], (above - below) / 2e-5, 1e-8);
    }
  }
  EXPECT_NEAR(preference_loss_of(before, before, 0.1, 0).value, std::log(2.0), 1e-12);
}

TEST_F(TrainingRun, LearnsWhichAnswerIsBetter) {
  std::ofstream data(folder / "pairs.jsonl");
  for (int i = 0; i < 16; ++i) {
    const std::string letter(1, static_cast<char>('a' + i));
    data << nlohmann::json{{"prompt", "say " + letter}, {"chosen", letter + letter}, {"rejected", "no"}}.dump() << '\n';
  }
  data.close();
  const Outcome outcome = train(recipe("out", {{"data", "pairs.jsonl"}, {"steps", 40}, {"loss", {{"dpo_beta", 0.5}}}}));
  EXPECT_NEAR(outcome.losses.front(), std::log(2.0), 1e-5);  // the adapter does nothing yet
  EXPECT_LT(outcome.losses.back(), 0.2);
}

TEST_F(TrainingRun, GoesOnBitForBitAfterACancel) {
  for (const char* optimizer : {"adamw", "adamw_8bit", "lion"}) {
    const std::string straight = std::string("straight_") + optimizer, cut = std::string("cut_") + optimizer;
    const nlohmann::json more{{"optimizer", optimizer}, {"ema", 0.9}, {"accumulate", 2}, {"steps", 20}};
    train(recipe(straight, more));
    const Outcome first = train(recipe(cut, more), {}, 9);
    EXPECT_FALSE(first.result.finished);
    EXPECT_EQ(first.result.steps, 9);
    const Outcome second = train(recipe(cut, more), {.resume = true});
    EXPECT_TRUE(second.result.finished);
    EXPECT_EQ(second.losses.size(), 11u);
    EXPECT_EQ(bytes(fs::path(straight) / "adapter_model.safetensors"),
              bytes(fs::path(cut) / "adapter_model.safetensors"))
        << optimizer;
    for (const char* file : {"parameters.safetensors", "optimizer.safetensors", "ema.safetensors"}) {
      EXPECT_EQ(bytes(fs::path(straight) / "checkpoints/step-000020" / file),
                bytes(fs::path(cut) / "checkpoints/step-000020" / file))
          << optimizer << " " << file;
    }
  }
}

// What is left out at random is the same again, too.
TEST_F(TrainingRun, EveryMethodGoesOnBitForBit) {
  for (const char* method : {"dora", "loha", "lokr"}) {
    const std::string straight = std::string("straight_") + method, cut = std::string("cut_") + method;
    const nlohmann::json more{{"method", method}, {"adapter_dropout", 0.1}, {"accumulate", 2}, {"steps", 8}};
    const Outcome whole = train(recipe(straight, more));
    EXPECT_LT(whole.losses.back(), whole.losses.front()) << method;
    train(recipe(cut, more), {}, 5);
    EXPECT_TRUE(train(recipe(cut, more), {.resume = true}).result.finished);
    for (const char* file : {"adapter_model.safetensors", "checkpoints/step-000008/optimizer.safetensors"}) {
      EXPECT_EQ(bytes(fs::path(straight) / file), bytes(fs::path(cut) / file)) << method << " " << file;
    }
  }
}

TEST_F(TrainingRun, DropoutIsTheSameWhereLayersAreComputedAgain) {
  const nlohmann::json more{{"adapter_dropout", 0.3}, {"steps", 4}};
  nlohmann::json again = more;
  again["recompute"] = "full";
  const std::vector<double> kept = train(recipe("kept", more)).losses;
  EXPECT_EQ(kept, train(recipe("again", again)).losses);
  EXPECT_EQ(bytes("kept/adapter_model.safetensors"), bytes("again/adapter_model.safetensors"));
  again["recompute"] = "selective";
  EXPECT_EQ(kept, train(recipe("cheap", again)).losses);
  EXPECT_EQ(bytes("kept/adapter_model.safetensors"), bytes("cheap/adapter_model.safetensors"));
}

TEST_F(TrainingRun, ComputingLayersAgainChangesNothingButMemory) {
  for (const char* method : {"lora", "dora", "loha", "lokr", "full"}) {
    for (const char* output : {"kept", "full", "selective"}) fs::remove_all(folder / output);
    const Outcome kept = train(recipe("kept", {{"method", method}}));
    const char* file = method == std::string("full") ? "/model.safetensors" : "/adapter_model.safetensors";
    for (const std::string recompute : {"full", "selective"}) {
      EXPECT_EQ(kept.losses, train(recipe(recompute, {{"method", method}, {"recompute", recompute}})).losses)
          << method << " " << recompute;
      EXPECT_EQ(bytes(std::string("kept") + file), bytes(recompute + file)) << method << " " << recompute;
    }
  }
}

TEST_F(TrainingRun, WeightsReadFromTheFileChangeNothingButMemory) {
  for (const char* method : {"lora", "dora", "loha", "lokr"}) {
    for (const char* output : {"kept", "read"}) fs::remove_all(folder / output);
    const Outcome kept = train(recipe("kept", {{"method", method}}));
    nlohmann::json read{{"method", method}, {"resident_gb", 0}};
    EXPECT_FALSE(train(recipe("read", read), {}, 5).result.finished);
    read["resident_gb"] = 1e-4;  // a run may go on with another share in memory
    train(recipe("read", read), {.resume = true});
    EXPECT_EQ(bytes("kept/adapter_model.safetensors"), bytes("read/adapter_model.safetensors")) << method;
  }
}

TEST_F(TrainingRun, FullTrainingWritesWeightsAndLearns) {
  const Outcome outcome = train(recipe("out", {{"method", "full"}, {"learning_rate", 0.003}, {"steps", 40}}));
  EXPECT_LT(outcome.losses.back(), outcome.losses.front() / 2);
  Context ctx(cpu_device, 1);
  const TensorMap weights = read_tensors(ctx, folder / "out/model.safetensors");
  EXPECT_TRUE(weights.contains("token_embd.weight"));
  EXPECT_TRUE(weights.contains("blk.0.ffn_down.weight"));
}

// Masters in bf16 take two bytes less for each weight, learn as well, and go on bit for bit.
TEST_F(TrainingRun, Bf16Masters) {
  const nlohmann::json more{{"method", "full"}, {"dtype", "bf16"}, {"learning_rate", 0.003}, {"steps", 40}};
  const Outcome outcome = train(recipe("straight", more));
  EXPECT_LT(outcome.losses.back(), outcome.losses.front() / 2);
  train(recipe("cut", more), {}, 13);
  EXPECT_TRUE(train(recipe("cut", more), {.resume = true}).result.finished);
  EXPECT_EQ(bytes("straight/model.safetensors"), bytes("cut/model.safetensors"));
  const auto size = [&](const std::string& run) {
    return fs::file_size(folder / run / "checkpoints/step-000040/parameters.safetensors");
  };
  nlohmann::json wide = more;
  wide["dtype"] = "f32";
  train(recipe("wide", wide));
  EXPECT_NEAR(static_cast<double>(size("straight")), static_cast<double>(size("wide")) / 2, 3000);
}

// Another task whose loss is no number in one step.
class FaultyTask final : public Task {
 public:
  FaultyTask(Task& task, int64_t step) : task_(task), left_(step) {}
  TrainedPart& part() override { return task_.part(); }
  Tensor next_loss(Context& ctx, float factor) override {
    Tensor loss = task_.next_loss(ctx, factor);
    if (--left_ == 0) *loss.data<float>() = NAN;
    return loss;
  }
  Seen seen() const override { return task_.seen(); }
  DataPosition position() const override { return task_.position(); }
  void seek(DataPosition position) override { task_.seek(position); }
  int64_t micro_batches_of(double epochs) const override { return task_.micro_batches_of(epochs); }
  std::optional<double> validation_loss(Context& ctx) override { return task_.validation_loss(ctx); }
  void write_result(Context& ctx, const fs::path& path) override { task_.write_result(ctx, path); }
  int64_t result_bytes() const override { return task_.result_bytes(); }

 private:
  Task& task_;
  int64_t left_;
};

// What was learnt until then is kept, and the message says how to go on.
TEST_F(TrainingRun, ALossThatIsNoNumberEndsTheRunWithTheLastCheckpoint) {
  const Recipe one = recipe("out", {{"checkpoint_every", 2}});
  Context ctx(cpu_device, 2);
  TextTask task(ctx, one, load_text_base(ctx, registry, folder / "small.gguf"));
  FaultyTask faulty(task, 6);
  try {
    run_training(ctx, one, faulty, {}, {});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("step 5: the loss is no number"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("checkpoint"), std::string::npos) << error.what();
  }
  const NewestCheckpoint newest = find_newest_checkpoint(folder / "out/checkpoints");
  ASSERT_TRUE(newest.checkpoint);
  EXPECT_EQ(newest.checkpoint->step, 4);
  EXPECT_NO_THROW(verify_checkpoint(newest.checkpoint->path));
  EXPECT_TRUE(train(one, {.resume = true}).result.finished);
}

TEST_F(TrainingRun, ACheckpointOfAnotherRecipeIsRefused) {
  train(recipe("out"));
  EXPECT_THROW(train(recipe("out", {{"rank", 8}}), {.resume = true}), Error);
  EXPECT_THROW(train(recipe("out", {{"learning_rate", 0.5}}), {.resume = true}), Error);
}

TEST_F(TrainingRun, WhatCannotBeTrainedIsSaidBeforeTheFirstStep) {
  const auto message = [&](const nlohmann::json& more) {
    try {
      train(recipe("out", more));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(message({{"targets", {"no_such_layer"}}}).find("q_proj"), std::string::npos);
  EXPECT_NE(message({{"method", "qlora"}}).find("not quantized"), std::string::npos);
  std::ofstream(folder / "empty.jsonl") << "";
  EXPECT_NE(message({{"data", "empty.jsonl"}}), "no error");
  std::ofstream(folder / "wrong.jsonl") << "{\"question\": 1}\n";
  EXPECT_NE(message({{"data", "wrong.jsonl"}}).find("wrong.jsonl"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "out/checkpoints"));
}

// Memory is predicted by the same code on the meta device.
TEST_F(TrainingRun, NeedsThePredictedMemory) {
  for (const char* method : {"lora", "dora", "loha", "lokr", "full"}) {
    for (const char* recompute : {"none", "selective", "full"}) {
      const Recipe one = recipe("out", {{"method", method},
                                        {"recompute", recompute},
                                        {"adapter_dropout", method == std::string("dora") ? 0.1 : 0.0},
                                        {"dtype", method == std::string("full") ? "bf16" : "f32"}});
      std::vector<int64_t> peaks;
      for (const Device device : {cpu_device, meta_device}) {
        Context ctx(device, 2);
        TextTask task(ctx, one, load_text_base(ctx, registry, folder / "small.gguf"));
        Trainer trainer(ctx, task.part(), trainer_options(one, 2));
        for (int i = 0; i < 2; ++i) {
          trainer.step(ctx, [&](Context& c, int64_t, float factor) { return task.next_loss(c, factor); });
        }
        peaks.push_back(ctx.arena()->use().total_peak_bytes);
      }
      EXPECT_NEAR(static_cast<double>(peaks[1]), static_cast<double>(peaks[0]), 0.01 * static_cast<double>(peaks[0]))
          << method << " " << recompute;
    }
  }
}

}  // namespace
}  // namespace diptych::train
