// diptych bench llm: prompt processing and token generation.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/bench.h"
#include "app/cli/interrupt.h"
#include "app/cli/library.h"
#include "app/cli/progress.h"
#include "engine/bench/llm_bench.h"
#include "engine/bench/statistics.h"
#include "engine/core/error.h"
#include "engine/io/library/model_ref.h"
#include "engine/model/registry.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

struct BenchLlmOptions {
  std::string model, device = "cpu";
  NumberList prompts, generates, depths;
  int repeats = 5;
  uint64_t seed = 1;
  BenchThreads threads;
  BenchOutput output;
};

std::filesystem::path chosen_model(const std::string& name) {
  if (!name.empty()) return resolve_model(name, ModelKind::text);
  for (const LibraryModel& model : indexed_library()) {
    if (model.kind == ModelKind::text && model.why.empty()) return model.path;
  }
  throw Error(ErrorCategory::not_found, "cannot measure", "bench llm",
              "no model is named and the library has no language model",
              "name a model file, or fetch one: diptych models get smollm2-135m-instruct");
}

// A model that was written behind a list of numbers goes to `model`.
std::vector<bench::LlmTest> tests_of(const BenchLlmOptions& options, std::string* model) {
  constexpr int64_t most = 1 << 24;
  std::vector<int64_t> prompts = options.prompts.numbers(0, most, model),
                       generates = options.generates.numbers(0, most, model),
                       depths = options.depths.numbers(0, most, model);
  if (prompts.empty() && generates.empty()) {
    prompts = {512};
    generates = {128};
  }
  if (depths.empty()) depths = {0};
  std::vector<bench::LlmTest> tests;
  for (const int64_t depth : depths) {
    for (const int64_t n : prompts) tests.push_back({.prompt = n, .generate = 0, .depth = depth});
    for (const int64_t n : generates) tests.push_back({.prompt = 0, .generate = n, .depth = depth});
  }
  // A test of 0 tokens leaves that kind out: -p 0 -n 128, as people are used to.
  std::erase_if(tests, [](const bench::LlmTest& test) { return test.tokens() == 0; });
  if (tests.empty()) {
    throw Error(ErrorCategory::invalid_argument, "cannot measure", "bench llm", "no test has a token",
                "give -p or -n a number above 0");
  }
  return tests;
}

bench::ordered_json describe(const ModelSource& source, const CausalLm& model, const Context& ctx) {
  uint64_t file_bytes = 0;
  for (const auto& file : source.weights->files()) file_bytes += file->bytes().size();
  return {{"name", source.name()},
          {"path", source.path.string()},
          {"architecture", source.architecture()},
          {"quantization", source.quantization()},
          {"parameters", model.info().parameters},
          {"file_bytes", file_bytes},
          {"weight_bytes", ctx.arena()->use().bytes[static_cast<size_t>(Owner::weights)]},
          {"kv_type", "f16"}};
}

bench::ordered_json row_of(const bench::LlmTest& test, const bench::LlmResult& result, const BenchLlmOptions& options,
                           const kernels::bench::Roofline& roofline) {
  const std::vector<double> rates = result.tokens_per_s(test);
  const bench::Summary rate = bench::summarize(rates), time = bench::summarize(result.seconds);
  bench::ordered_json row{{"test", test.name()},
                          {"prompt_tokens", test.prompt},
                          {"generated_tokens", test.generate},
                          {"depth_tokens", test.depth},
                          {"threads", roofline.threads},
                          {"device", options.device},
                          {"repeat", options.repeats},
                          {"tokens_per_s", rate.mean},
                          {"tokens_per_s_stddev", rate.stddev},
                          {"samples", rates}};
  add_achieved(row, bench::achieved(result.cost, time.mean, roofline));
  row["peak_memory_bytes"] = result.peak_memory_bytes;
  return row;
}

void run(const BenchLlmOptions& options) {
  check_bench_device(options.device);
  std::string name = options.model;
  const std::vector<bench::LlmTest> tests = tests_of(options, &name);
  const std::vector<int> thread_counts = options.threads.counts(&name);
  const std::filesystem::path path = chosen_model(name);
  const ModelSource source = open_model(path);
  ModelRegistry registry;
  models::register_all(registry);
  ProgressLine progress;
  Context loading(parse_device(options.device));
  loading.cancel = cancel_on_interrupt();
  progress.show("loading " + source.name());
  const auto model = registry.load_causal_lm(loading, source, {.progress = {}, .cancel = loading.cancel});

  bench::Report report{.benchmark = "llm", .machine = bench::this_machine(), .rooflines = {}, .model = {}};
  report.model = describe(source, *model, loading);
  for (const int threads : thread_counts) {
    progress.show("measuring what this machine can do", true);
    const auto roofline = report.roofline(threads);
    Context ctx(loading.arena(), std::make_shared<ThreadPool>(threads));
    ctx.cancel = loading.cancel;
    for (const bench::LlmTest& test : tests) {
      progress.show(test.name(), true);
      const auto done = [&](int count) {
        progress.show(test.name() + ": " + std::to_string(count) + " of " + std::to_string(options.repeats));
      };
      const auto result = bench::run_llm_test(ctx, *model, test, options.repeats, options.seed, done);
      report.rows.push_back(row_of(test, result, options, roofline));
    }
  }
  progress.clear();
  options.output.print(report, {{"test", "test"},
                                {"threads", "threads"},
                                {"tokens_per_s", "tokens/s", 2, "tokens_per_s_stddev"},
                                {"bandwidth_gb_s", "GB/s"},
                                {"gflop_s", "GFLOP/s"},
                                {"roofline_percent", "% of roofline"}});
}

}  // namespace

void add_bench_llm(CLI::App& bench) {
  auto options = std::make_shared<BenchLlmOptions>();
  CLI::App* command = bench.add_subcommand("llm", "Tokens per second of a language model");
  command->add_option("model", options->model,
                      "A GGUF file, a Hugging Face folder or a name from the model index (default: the first there)");
  options->prompts.add_to(*command, "-p,--prompt", "Prompt tokens, one or more numbers (default: 512)");
  options->generates.add_to(*command, "-n,--generate", "Generated tokens, one or more numbers (default: 128)");
  options->depths.add_to(*command, "-d,--depth", "Tokens that stand in the cache before, one or more numbers");
  command->add_option("--repeat", options->repeats, "Times that each test is measured")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu or cuda:N")->capture_default_str();
  command->add_option("--seed", options->seed, "Seed of the random tokens")->capture_default_str();
  options->threads.add_to(*command);
  options->output.add_to(*command);
  command->callback([options] { run(*options); });
}

}  // namespace diptych::cli
