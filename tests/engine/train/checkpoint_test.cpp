// Checkpoints: bit for bit, at the predicted size, and whole whatever happens while one is written.
#include "engine/train/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>

#include "engine/io/atomic_file.h"
#include "tests/engine/io/io_testing.h"
#include "tests/engine/train/parameter_testing.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;
using diptych::testing::error_of;
using diptych::testing::read_bytes;
using diptych::testing::TemporaryFolder;

// A run of a few steps with everything that checkpoints hold.
struct SmallRun {
  explicit SmallRun(OptimizerKind kind = OptimizerKind::adamw_8bit, Device device = cpu_device)
      : ctx(device, 1),
        parameters(testing::make_parameters(ctx, {{90, 70}, {33}, {3, 2, 2, 3}})),
        optimizer(make_optimizer(ctx, {.kind = kind}, parameters)),
        ema(ctx, parameters, 0.9) {}

  void train(int64_t steps) {
    for (int64_t i = 0; i < steps; ++i) {
      testing::set_gradients(parameters, state.step);
      optimizer->step(ctx, parameters, 1e-2);
      ema.update(ctx, parameters);
      state.losses.push_back(1.0 / static_cast<double>(3 + state.step++));
      state.position = state.step * 7;
      state.random_counters["dropout"] += 12345;
    }
  }
  CheckpointTensors tensors() const { return {&parameters, optimizer.get(), &ema}; }
  // All bits that a run goes on from.
  std::string bits() const {
    std::string all;
    const auto add = [&](const Tensor& tensor) {
      all.append(reinterpret_cast<const char*>(tensor.raw()), static_cast<size_t>(tensor.bytes()));
    };
    for (const Parameter& parameter : parameters) add(parameter.value);
    for (const StateTensor& one : optimizer->state()) add(one.value);
    for (const StateTensor& one : ema.state()) add(one.value);
    return all;
  }

  Context ctx;
  Parameters parameters;
  std::unique_ptr<Optimizer> optimizer;
  Ema ema;
  TrainingState state{.seed = 0xfedcba9876543210u, .recipe_hash = "abc"};
};

void expect_equal(const TrainingState& a, const TrainingState& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.position, b.position);
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.random_counters, b.random_counters);
  EXPECT_EQ(a.recipe_hash, b.recipe_hash);
  EXPECT_EQ(a.losses, b.losses);
}

class Checkpoints : public ::testing::Test {
 protected:
  fs::path folder() const { return temporary / "checkpoints"; }
  fs::path saved(SmallRun& run, const SaveOptions& options = {}) const {
    return save_checkpoint(folder(), run.tensors(), run.state, options);
  }
  void expect_intact(const fs::path& checkpoint, const SmallRun& run) const {
    SmallRun other;
    expect_equal(load_checkpoint(checkpoint, other.tensors()), run.state);
    EXPECT_EQ(other.bits(), run.bits());
  }
  int entries() const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder())) count += entry.exists() ? 1 : 0;
    return count;
  }

  TemporaryFolder temporary;
};

TEST_F(Checkpoints, GoOnBitForBit) {
  for (const OptimizerKind kind :
       {OptimizerKind::adamw, OptimizerKind::adamw_8bit, OptimizerKind::adafactor, OptimizerKind::lion,
        OptimizerKind::prodigy, OptimizerKind::sgd, OptimizerKind::muon}) {
    SmallRun straight(kind), first(kind), second(kind);
    straight.train(8);
    first.train(4);
    const fs::path path = saved(first);
    EXPECT_EQ(path.filename(), "step-000004");
    second.state = load_checkpoint(path, second.tensors());
    expect_equal(second.state, first.state);
    EXPECT_EQ(second.bits(), first.bits());
    second.train(4);
    expect_equal(second.state, straight.state);
    EXPECT_EQ(second.bits(), straight.bits());
  }
}

TEST_F(Checkpoints, TakeWhatWasPredicted) {
  SmallRun run;
  run.train(40);
  const SmallRun meta(OptimizerKind::adamw_8bit, meta_device);
  const int64_t predicted = checkpoint_bytes(meta.tensors(), 40);
  saved(run);
  const int64_t bytes = list_checkpoints(folder()).front().bytes;
  EXPECT_GE(predicted, bytes);
  EXPECT_LE(predicted, bytes + 2048);  // of JSON; the tensors are exact
}

TEST_F(Checkpoints, NeedTheirSpaceBeforeAnythingIsWritten) {
  SmallRun run;
  run.train(1);
  const fs::path older = saved(run);
  SmallRun later;
  later.train(2);
  const int64_t needed = checkpoint_bytes(later.tensors(), 2) + 1000;
  const auto with_free = [&](int64_t bytes) {
    return SaveOptions{.also_bytes = 1000, .free_bytes = [=](const fs::path&) { return bytes; }};
  };
  const Error error = error_of([&] { saved(later, with_free(needed - 1)); });
  EXPECT_EQ(error.category(), ErrorCategory::io);
  EXPECT_NE(error.why().find("it takes 0.1 MB"), std::string::npos) << error.what();
  EXPECT_EQ(entries(), 1);
  expect_intact(older, run);
  saved(later, with_free(needed));
  EXPECT_EQ(entries(), 2);
}

// The child is gone after its n-th file, as a kill would have it.
TEST_F(Checkpoints, SurviveAKillAfterAnyFile) {
  SmallRun run;
  run.train(2);
  const fs::path older = saved(run);
  SmallRun later;
  later.train(3);
  int kills = 0;
  for (bool finished = false; !finished; ++kills) {
    const pid_t child = ::fork();
    if (child == 0) {
      int files = 0;
      saved(later, {.written = [&](std::string_view) {
              if (files++ == kills) ::_exit(7);
            }});
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    finished = WEXITSTATUS(status) == 0;
    const NewestCheckpoint newest = find_newest_checkpoint(folder());
    ASSERT_TRUE(newest.checkpoint);
    EXPECT_TRUE(newest.skipped.empty());
    if (newest.checkpoint->step == 2) expect_intact(newest.checkpoint->path, run);
    if (newest.checkpoint->step == 3) expect_intact(newest.checkpoint->path, later);
  }
  EXPECT_EQ(kills, 7);      // three of tensors, the state, the manifest, the renamed folder; then none
  EXPECT_EQ(entries(), 2);  // what killed ones had left is gone
}

// The system kills the child in the middle of a write, at any size; or, where it ignores the signal, writing fails.
TEST_F(Checkpoints, SurviveAKillWithinAnyFile) {
  SmallRun run;
  run.train(2);
  const fs::path older = saved(run);
  SmallRun later;
  later.train(3);
  for (const bool killed : {true, false}) {
    for (const rlim_t limit : {0, 1, 8, 100, 1000, 5000, 13000, 20000, 25000}) {
      const pid_t child = ::fork();
      if (child == 0) {
        const rlimit bytes{limit, limit}, core{0, 0};
        ::setrlimit(RLIMIT_CORE, &core);
        ::signal(SIGXFSZ, killed ? SIG_DFL : SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &bytes);
        try {
          saved(later);
        } catch (const Error& error) {
          ::_exit(error.category() == ErrorCategory::io && entries() == 1 ? 9 : 8);
        }
        ::_exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      if (killed) {
        EXPECT_TRUE(WIFSIGNALED(status)) << limit;
      } else {
        EXPECT_EQ(WEXITSTATUS(status), 9) << limit;
      }
      const NewestCheckpoint newest = find_newest_checkpoint(folder());
      ASSERT_TRUE(newest.checkpoint);
      ASSERT_EQ(newest.checkpoint->step, 2);
    }
  }
  expect_intact(older, run);
  expect_intact(saved(later), later);
  EXPECT_EQ(entries(), 2);
}

TEST_F(Checkpoints, SkipDamagedOnesWithTheReason) {
  SmallRun run;
  run.train(2);
  saved(run);
  SmallRun later;
  later.train(3);
  const fs::path newer = saved(later);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(newer)) files.push_back(entry.path());
  ASSERT_EQ(files.size(), 5u);
  for (const fs::path& file : files) {
    const auto whole = read_bytes(file);
    const std::string text(reinterpret_cast<const char*>(whole.data()), whole.size());
    const size_t size = text.size();
    std::vector<std::string> damaged{"", text.substr(0, 1), text.substr(0, size / 2), text.substr(0, size - 1),
                                     text + "x"};
    for (const size_t at : {size_t{0}, size_t{9}, size / 3, size - 3}) {
      damaged.push_back(text);
      damaged.back()[at] ^= 1;
    }
    for (const std::string& bytes : damaged) {
      // White space of JSON is no damage.
      if (file.filename() == "manifest.json" && bytes + "\n" == text) continue;
      std::ofstream(file, std::ios::binary) << bytes;
      const NewestCheckpoint newest = find_newest_checkpoint(folder());
      ASSERT_TRUE(newest.checkpoint);
      ASSERT_EQ(newest.checkpoint->step, 2) << file << " of " << bytes.size();
      ASSERT_EQ(newest.skipped.size(), 1u);
      EXPECT_EQ(newest.skipped[0].find("step-000003: "), 0u) << newest.skipped[0];
    }
    std::ofstream(file, std::ios::binary) << text;
    fs::rename(file, temporary / "away");
    EXPECT_EQ(find_newest_checkpoint(folder()).checkpoint->step, 2) << file;
    fs::rename(temporary / "away", file);
  }
  EXPECT_EQ(find_newest_checkpoint(folder()).checkpoint->step, 3);
  expect_intact(newer, later);
}

TEST_F(Checkpoints, RefuseAnotherRunAndChangeNothing) {
  SmallRun run;
  run.train(2);
  const fs::path path = saved(run);
  SmallRun other(OptimizerKind::adamw);
  other.train(1);
  const std::string before = other.bits();
  const Error error = error_of([&] { load_checkpoint(path, other.tensors()); });
  EXPECT_EQ(error.category(), ErrorCategory::invalid_argument);
  EXPECT_NE(error.why().find("layer.0.weight.first_moment is U8 [90, 70], not f32 [90, 70]"), std::string::npos)
      << error.what();
  EXPECT_EQ(other.bits(), before);
}

TEST_F(Checkpoints, ReplaceOneOfTheSameStep) {
  SmallRun first, second;
  first.train(2);
  saved(first);
  second.state = first.state;
  second.train(1);
  second.state.step = 2;
  expect_intact(saved(second), second);
  EXPECT_EQ(entries(), 1);
}

TEST_F(Checkpoints, HoldWhatElseIsWritten) {
  SmallRun run;
  const fs::path path = saved(run, {.also = [](const fs::path& at) { write_text_file(at / "adapter" / "x", "1"); }});
  verify_checkpoint(path);
  write_text_file(path / "adapter" / "x", "2");
  EXPECT_THROW(verify_checkpoint(path), Error);
}

std::vector<int64_t> steps_in(const fs::path& folder) {
  std::vector<int64_t> steps;
  for (const Checkpoint& one : list_checkpoints(folder)) steps.push_back(one.step);
  return steps;
}

TEST_F(Checkpoints, RotateByCountAndSize) {
  SmallRun run;
  for (int i = 0; i < 6; ++i) {
    run.train(1);
    saved(run);
  }
  const int64_t bytes = list_checkpoints(folder()).front().bytes;
  keep_checkpoint(folder() / "step-000002", true);
  EXPECT_TRUE(rotate_checkpoints(folder(), {}).empty());
  EXPECT_EQ(rotate_checkpoints(folder(), {.count = 4}).size(), 1u);
  EXPECT_EQ(steps_in(folder()), (std::vector<int64_t>{2, 3, 4, 5, 6}));
  rotate_checkpoints(folder(), {.budget_bytes = 3 * bytes + bytes / 2});
  EXPECT_EQ(steps_in(folder()), (std::vector<int64_t>{2, 5, 6}));
  rotate_checkpoints(folder(), {.count = 1, .budget_bytes = 1});
  EXPECT_EQ(steps_in(folder()), (std::vector<int64_t>{2, 6}));
  keep_checkpoint(folder() / "step-000002", false);
  rotate_checkpoints(folder(), {.budget_bytes = 1});
  EXPECT_EQ(steps_in(folder()), (std::vector<int64_t>{6}));
  expect_intact(folder() / "step-000006", run);
}

TEST_F(Checkpoints, AreFoundAmongOtherThings) {
  EXPECT_FALSE(find_newest_checkpoint(folder()).checkpoint);
  SmallRun run;
  saved(run);
  fs::create_directories(folder() / "step-000009x");
  fs::create_directories(folder() / "step-");
  write_text_file(folder() / "step-000010", "a file");
  EXPECT_EQ(find_newest_checkpoint(folder()).checkpoint->step, 0);
  EXPECT_TRUE(find_newest_checkpoint(folder()).skipped.empty());
}

}  // namespace
}  // namespace diptych::train
