// diptych bench train: steps of a training run.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/bench.h"
#include "app/cli/bench_train_jobs.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "engine/bench/statistics.h"
#include "engine/core/error.h"
#include "engine/plan/forecast.h"
#include "engine/train/runs/run.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

struct BenchTrainOptions {
  std::string what, device = "cpu";
  TrainJobOptions jobs;
  int repeats = 5;
  BenchThreads threads;
  BenchOutput output;
};

struct TrainedSteps {
  std::vector<double> seconds;  // of each
  Cost cost;                    // of all
  train::Seen seen;             // in all
  int64_t peak_memory_bytes = 0;
};

train::Seen operator-(const train::Seen& a, const train::Seen& b) {
  return {.tokens = a.tokens - b.tokens, .images = a.images - b.images};
}

// One step more, which is not measured, comes first.
TrainedSteps trained_steps(Context& ctx, const ModelRegistry& registry, const TrainJob& job, int repeats,
                           ProgressLine& progress) {
  using Clock = std::chrono::steady_clock;
  LoadOptions load;
  load.cancel = ctx.cancel;
  const train::OpenedTask opened = train::open_task(ctx, registry, job.recipe, job.base, job.kind, load);
  train::Task& task = *opened.task;
  train::Trainer trainer(ctx, task.part(), train::trainer_options(job.recipe, train::steps_of(job.recipe, task)));
  TrainedSteps result;
  train::Seen before;
  Cost cost_before;
  for (int i = -1; i < repeats; ++i) {
    progress.show(job.name + ": step " + std::to_string(std::max(i, 0)) + " of " + std::to_string(repeats), true);
    if (i == 0) {
      before = task.seen();
      cost_before = ctx.cost();
    }
    const auto start = Clock::now();
    trainer.step(ctx, [&](Context& c, int64_t, float factor) { return task.next_loss(c, factor); });
    if (i >= 0) result.seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  result.cost = ctx.cost() - cost_before;
  result.seen = task.seen() - before;
  result.peak_memory_bytes = ctx.arena()->use().total_peak_bytes;
  return result;
}

bench::ordered_json train_row(const TrainJob& job, const TrainedSteps& steps, const BenchTrainOptions& options,
                              const kernels::bench::Roofline& roofline, int64_t predicted_bytes) {
  const bench::Summary time = bench::summarize(steps.seconds);
  double all = 0;
  for (const double seconds : steps.seconds) all += seconds;
  bench::ordered_json row{{"recipe", job.name},
                          {"batch", job.recipe.batch},
                          {"accumulate", job.recipe.accumulate},
                          {"threads", roofline.threads},
                          {"device", options.device},
                          {"repeat", options.repeats},
                          {"seconds_per_step", time.mean},
                          {"seconds_per_step_stddev", time.stddev},
                          {"samples", steps.seconds}};
  if (job.kind == train::BaseKind::text) {
    row["tokens_per_s"] = static_cast<double>(steps.seen.tokens) / all;
  } else {
    row["images_per_s"] = static_cast<double>(steps.seen.images) / all;
  }
  add_achieved(row, bench::achieved(steps.cost, all, roofline));
  row["peak_memory_bytes"] = steps.peak_memory_bytes;
  row["predicted_memory_bytes"] = predicted_bytes;
  return row;
}

void run_bench_train(const BenchTrainOptions& options) {
  check_bench_device(options.device);
  std::string what = options.what;
  const std::vector<int> thread_counts = options.threads.counts(&what);
  if (what.empty()) {
    throw Error(ErrorCategory::invalid_argument, "wrong usage", "bench train", "nothing is named to train",
                "name a recipe (RECIPE.json) or a model");
  }
  ModelRegistry registry;
  models::register_all(registry);
  ProgressLine progress;
  const BenchFolder folder;
  const std::vector<TrainJob> jobs = train_jobs(registry, what, options.jobs, options.repeats + 1, folder);
  bench::Report report{.benchmark = "train", .machine = bench::this_machine(), .rooflines = {}, .model = {}};
  report.model = {{"path", jobs.front().base.string()}};
  for (const int threads : thread_counts) {
    progress.show("measuring what this machine can do", true);
    const auto roofline = report.roofline(threads);
    for (const TrainJob& job : jobs) {
      Context ctx(parse_device(options.device), threads);
      ctx.cancel = cancel_on_interrupt();
      const TrainedSteps steps = trained_steps(ctx, registry, job, options.repeats, progress);
      const auto forecast =
          plan::forecast_training(plan::task_opener(registry, job.base, job.kind), job.recipe, {}, ctx.cancel);
      report.rows.push_back(train_row(job, steps, options, roofline, forecast.memory_bytes));
    }
  }
  progress.clear();
  const bool text = jobs.front().kind == train::BaseKind::text;
  options.output.print(report, {{"recipe", "recipe"},
                                {"threads", "threads"},
                                {"seconds_per_step", "s per step", 3, "seconds_per_step_stddev"},
                                {text ? "tokens_per_s" : "images_per_s", text ? "tokens/s" : "images/s", 2},
                                {"gflop_s", "GFLOP/s"},
                                {"roofline_percent", "% of roofline"},
                                {"peak_memory_bytes", "peak bytes", 0},
                                {"predicted_memory_bytes", "predicted bytes", 0}});
}

}  // namespace

void add_bench_train(CLI::App& bench) {
  auto options = std::make_shared<BenchTrainOptions>();
  CLI::App* command = bench.add_subcommand("train", "Tokens or images per second of a training run, and its memory");
  command->add_option("recipe", options->what,
                      "RECIPE.json, whose data are used; or a model, which is trained on drawn words or pictures");
  command
      ->add_option("--method", options->jobs.methods, "Of a model: lora, qlora, dora, loha, lokr, full (default: lora)")
      ->delimiter(',')
      ->check(CLI::IsMember({"lora", "qlora", "dora", "loha", "lokr", "full"}));
  command->add_option("--rank", options->jobs.rank, "Of adapters (default: 16 of language models, 8 of image models)")
      ->check(CLI::Range(1, 4096));
  command->add_option("--batch", options->jobs.batch, "Sequences (default: 4) or pictures (default: 1)")
      ->check(CLI::Range(1, 65536));
  command->add_option("--sequence", options->jobs.sequence, "Tokens")
      ->check(CLI::Range(2, 1 << 20))
      ->capture_default_str();
  command->add_option("--side", options->jobs.side, "Pixels")->check(CLI::Range(16, 8192))->capture_default_str();
  command->add_option("--recompute", options->jobs.recompute, "Activations that are made again: none, selective, full")
      ->check(CLI::IsMember({"none", "selective", "full"}))
      ->capture_default_str();
  command->add_option("--repeat", options->repeats, "Steps that are measured")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu or cuda:N")->capture_default_str();
  command->add_option("--seed", options->jobs.seed, "Seed of data and adapter")->capture_default_str();
  options->threads.add_to(*command);
  options->output.add_to(*command);
  command->callback([options] { run_bench_train(*options); });
}

}  // namespace diptych::cli
