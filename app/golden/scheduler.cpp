// Kind scheduler: diffusers' schedulers on a model that is a formula; the sample after every step.
#include <algorithm>
#include <cmath>

#include "app/golden/kinds.h"
#include "app/golden/recorded_noise.h"
#include "engine/core/error.h"
#include "engine/diffusion/solvers/scheduler_run.h"

namespace diptych::golden {
namespace {

using namespace diffusion;
using nlohmann::ordered_json;

RunRequest request_of(const Case& one, const ordered_json& run) {
  RunRequest request;
  const ordered_json arguments = run.value("set_timesteps", ordered_json::object());
  const ordered_json step = run.value("step", ordered_json::object());
  for (const auto& [name, value] : arguments.items()) {
    if (name == "sigmas")
      request.sigmas = value.get<std::vector<double>>();
    else if (name == "timesteps")
      request.timesteps = value.get<std::vector<double>>();
    else if (name == "mu")
      request.mu = value.get<double>();
    else if (name == "strength")
      request.strength = value.get<double>();
    else if (name == "original_inference_steps")
      request.original_inference_steps = value.get<int>();
    else
      one.fail("set_timesteps", "has an argument that is not known: " + name);
  }
  for (const auto& [name, value] : step.items()) {
    if (name == "eta")
      request.eta = value.get<double>();
    else if (name == "s_churn")
      request.churn.churn = value.get<double>();
    else if (name == "s_noise")
      request.churn.noise = value.get<double>();
    else
      one.fail("step", "has an argument that is not known: " + name);
  }
  if (request.sigmas.empty() && request.timesteps.empty()) request.steps = run.at("num_inference_steps").get<int>();
  return request;
}

// "analytic_model" of case.json.
std::vector<float> model_output(std::span<const float> input, float timestep) {
  const auto shift = static_cast<float>(std::sin(static_cast<double>(timestep) / 100));
  std::vector<float> output(input.begin(), input.end());
  for (float& value : output) value = std::tanh(0.7f * value + 0.1f * shift);
  return output;
}

const Tensor& required(const Case& one, const TensorMap& inputs, const std::string& name) {
  const auto found = inputs.find(name);
  if (found == inputs.end() || found->second.dtype() != DType::f32) one.fail(name, "is missing or not float32");
  return found->second;
}

Tensor stacked(Context& ctx, const std::vector<std::vector<float>>& samples, const Shape& one) {
  std::vector<int64_t> dims{static_cast<int64_t>(samples.size())};
  for (int axis = 0; axis < one.rank(); ++axis) dims.push_back(one[axis]);
  Tensor all = ctx.output(Shape(std::span<const int64_t>(dims)));
  float* next = all.data<float>();
  for (const auto& sample : samples) next = std::copy(sample.begin(), sample.end(), next);
  return all;
}

void add_points(Context& ctx, const std::string& name, const Schedule& schedule, TensorMap& outputs) {
  const auto count = static_cast<int64_t>(schedule.timesteps.size());
  Tensor timesteps = ctx.output({count}, schedule.integer_timesteps ? DType::i64 : DType::f32);
  for (int64_t i = 0; i < count; ++i) {
    const float t = schedule.timesteps[static_cast<size_t>(i)];
    if (schedule.integer_timesteps)
      timesteps.data<int64_t>()[i] = static_cast<int64_t>(t);
    else
      timesteps.data<float>()[i] = t;
  }
  outputs[name + ".timesteps"] = timesteps;
  if (schedule.sigmas.empty()) return;
  Tensor sigmas = ctx.output({static_cast<int64_t>(schedule.sigmas.size())});
  std::copy(schedule.sigmas.begin(), schedule.sigmas.end(), sigmas.data<float>());
  outputs[name + ".sigmas"] = sigmas;
}

void replay(Context& ctx, const Case& one, const ordered_json& run, const TensorMap& inputs, TensorMap& outputs) {
  const auto name = run.at("name").get<std::string>();
  const SchedulerConfig config = read_scheduler_config(one.file(run.at("config").get<std::string>()));
  const Tensor& initial = required(one, inputs, name + ".initial");
  RunRequest request = request_of(one, run);
  request.batch = initial.shape().rank() > 0 ? static_cast<int>(initial.dim(0)) : 1;
  const auto solver = make_solver(config, request);
  std::span<const float> draws;
  if (inputs.contains(name + ".noise")) draws = required(one, inputs, name + ".noise").span<const float>();
  RecordedNoise noise(one, name + ".noise", draws);
  std::vector<float> sample(initial.data<float>(), initial.data<float>() + initial.elements());
  if (run.contains("begin_index")) {  // image-to-image: the initial sample is clean
    const int begin = run.at("begin_index").get<int>();
    if (begin < 0 || begin >= solver->evaluations() || begin % solver->evaluations_per_step() != 0)
      one.fail("begin_index", "lies outside of the run");
    solver->begin_at(begin);
    std::vector<float> added(sample.size());
    noise.fill_normal(added);
    solver->add_noise(sample, added);
  } else {
    for (float& value : sample) value *= solver->init_noise_sigma();
  }
  std::vector<std::vector<float>> latents{sample};
  while (!solver->finished()) {
    std::vector<float> input(sample);
    solver->scale_model_input(input);
    solver->step(model_output(input, solver->timestep()), sample, noise);
    latents.push_back(sample);
  }
  add_points(ctx, name, solver->schedule(), outputs);
  outputs[name + ".latents"] = stacked(ctx, latents, initial.shape());
}

}  // namespace

Result run_scheduler(Context& ctx, const Case& one) {
  const TensorMap inputs = one.inputs(ctx);
  TensorMap outputs;
  try {
    for (const auto& run : one.description().at("runs")) replay(ctx, one, run, inputs, outputs);
  } catch (const ordered_json::exception& error) {
    one.fail("runs", std::string("cannot be read: ") + error.what());
  }
  return outputs;
}

}  // namespace diptych::golden
