// diptych schedule: the timesteps and sigmas that a scheduler configuration gives.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/commands.h"
#include "engine/diffusion/solvers/scheduler_run.h"

namespace diptych::cli {
namespace {

using namespace diffusion;

struct ScheduleOptions {
  std::string config;
  RunRequest run;
  double mu = 0;
  bool json = false;
};

// A float as the shortest text that reads back as it.
std::string number(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  for (int digits = 6; digits < 9; ++digits) {
    char shorter[32];
    std::snprintf(shorter, sizeof shorter, "%.*g", digits, static_cast<double>(value));
    if (std::strtof(shorter, nullptr) == value) return shorter;
  }
  return text;
}

void print_json(const SchedulerConfig& config, const Solver& solver) {
  const Schedule& schedule = solver.schedule();
  nlohmann::ordered_json document;
  document["scheduler"] = scheduler_class_name(config.scheduler);
  document["evaluations"] = solver.evaluations();
  document["evaluations_per_step"] = solver.evaluations_per_step();
  document["init_noise_sigma"] = solver.init_noise_sigma();
  document["timesteps"] = nlohmann::ordered_json::array();
  for (const float t : schedule.timesteps) {
    if (schedule.integer_timesteps)
      document["timesteps"].push_back(static_cast<int64_t>(t));
    else
      document["timesteps"].push_back(t);
  }
  if (schedule.sigmas.empty())
    document["sigmas"] = nullptr;  // this solver works on alphas
  else
    document["sigmas"] = schedule.sigmas;
  std::printf("%s\n", document.dump().c_str());
}

void print_table(const Solver& solver) {
  const Schedule& schedule = solver.schedule();
  std::printf("%10s  %14s  %14s\n", "evaluation", "timestep", "sigma");
  const size_t rows = std::max(schedule.timesteps.size(), schedule.sigmas.size());
  for (size_t i = 0; i < rows; ++i) {
    const bool evaluated = i < schedule.timesteps.size();
    std::printf("%10s  %14s  %14s\n", evaluated ? std::to_string(i + 1).c_str() : "",
                evaluated ? number(schedule.timesteps[i]).c_str() : "",
                i < schedule.sigmas.size() ? number(schedule.sigmas[i]).c_str() : "");
  }
}

void run(const ScheduleOptions& options, bool mu_given) {
  const SchedulerConfig config = read_scheduler_config(options.config);
  RunRequest request = options.run;
  if (mu_given) {
    request.mu = options.mu;
  } else if (config.dynamic_shift) {
    request.mu = config.max_shift;
    std::fprintf(stderr, "mu is %g, that of the largest image the configuration names; set it with --mu\n",
                 *request.mu);
  }
  const std::unique_ptr<Solver> solver = make_solver(config, request);
  if (options.json)
    print_json(config, *solver);
  else
    print_table(*solver);
}

}  // namespace

void add_schedule(CLI::App& root) {
  auto options = std::make_shared<ScheduleOptions>();
  CLI::App* command = root.add_subcommand("schedule", "Show the timesteps and sigmas of a scheduler configuration");
  command->add_option("config", options->config, "A diffusers scheduler_config.json")->required();
  command->add_option("--steps", options->run.steps, "Steps of the run")->required()->check(CLI::Range(1, 10000));
  CLI::Option* mu = command->add_option("--mu", options->mu, "Shift of a schedule that depends on the image's size");
  command->add_option("--strength", options->run.strength, "LCM and TCD: part of the schedule to spread the steps over")
      ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, mu] { run(*options, mu->count() > 0); });
}

}  // namespace diptych::cli
