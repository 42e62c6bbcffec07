#include "engine/train/runs/metrics.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/train/runs/event_file.h"
#include "engine/train/runs/growing_file.h"

namespace diptych::train {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view csv_head =
    "step,loss,grad_norm,learning_rate,tokens_per_s,images_per_s,memory_bytes,validation_loss\n";

double wall_time_now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The whole lines for which stays(line) holds.
std::string lines_that(const std::string& text, const std::function<bool(std::string_view)>& stays) {
  std::string kept;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    if (end == text.npos) break;  // cut off
    const std::string_view line(text.data() + begin, end - begin);
    if (stays(line)) kept.append(line).push_back('\n');
    begin = end + 1;
  }
  return kept;
}

std::optional<int64_t> step_of_json(std::string_view line) {
  const auto value = ordered_json::parse(line, nullptr, false);
  if (!value.is_object() || !value.contains("step") || !value["step"].is_number_integer()) return std::nullopt;
  return value["step"].get<int64_t>();
}

std::optional<int64_t> step_of_csv(std::string_view line) {
  int64_t step = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), step);
  if (error != std::errc() || end == line.data() + line.size() || *end != ',') return std::nullopt;
  return step;
}

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json();
}

std::string json_line(const StepMetrics& metrics) {
  ordered_json line{{"step", metrics.step},
                    {"loss", number(metrics.loss)},
                    {"grad_norm", number(metrics.grad_norm)},
                    {"learning_rate", number(metrics.learning_rate)}};
  if (metrics.tokens_per_s) line["tokens_per_s"] = number(*metrics.tokens_per_s);
  if (metrics.images_per_s) line["images_per_s"] = number(*metrics.images_per_s);
  line["memory_bytes"] = metrics.memory_bytes;
  if (metrics.validation_loss) line["validation_loss"] = number(*metrics.validation_loss);
  return line.dump() + "\n";
}

std::string csv_line(const StepMetrics& metrics) {
  const auto field = [](const std::optional<double>& value) {
    return "," + (value && std::isfinite(*value) ? ordered_json(*value).dump() : "");
  };
  return std::to_string(metrics.step) + field(metrics.loss) + field(metrics.grad_norm) + field(metrics.learning_rate) +
         field(metrics.tokens_per_s) + field(metrics.images_per_s) + "," + std::to_string(metrics.memory_bytes) +
         field(metrics.validation_loss) + "\n";
}

std::string event_of(const StepMetrics& metrics) {
  std::vector<ScalarValue> values{{"train/loss", metrics.loss},
                                  {"train/grad_norm", metrics.grad_norm},
                                  {"train/learning_rate", metrics.learning_rate},
                                  {"speed/memory_bytes", static_cast<double>(metrics.memory_bytes)}};
  if (metrics.tokens_per_s) values.push_back({"speed/tokens_per_s", *metrics.tokens_per_s});
  if (metrics.images_per_s) values.push_back({"speed/images_per_s", *metrics.images_per_s});
  if (metrics.validation_loss) values.push_back({"validation/loss", *metrics.validation_loss});
  return event_record(wall_time_now_s(), metrics.step, values);
}

}  // namespace

struct MetricsWriter::Sinks {
  std::optional<GrowingFile> jsonl, csv, events;
};

MetricsWriter::MetricsWriter(const MetricsFiles& files, int64_t resumed_step) : sinks_(std::make_unique<Sinks>()) {
  const auto until = [=](std::optional<int64_t> step) { return step && *step <= resumed_step; };
  if (!files.jsonl.empty()) {
    sinks_->jsonl.emplace(files.jsonl, [&](const std::string& text) {
      return lines_that(text, [&](std::string_view line) { return until(step_of_json(line)); });
    });
  }
  if (!files.csv.empty()) {
    sinks_->csv.emplace(files.csv, [&](const std::string& text) {
      return std::string(csv_head) + lines_that(text, [&](std::string_view line) { return until(step_of_csv(line)); });
    });
  }
  if (!files.tensorboard.empty()) {
    const double now = wall_time_now_s();
    sinks_->events.emplace(find_event_file(files.tensorboard, now), [&](const std::string& text) {
      const std::string kept = resumed_step > 0 ? records_until(text, resumed_step) : "";
      return kept.empty() ? version_record(now) : kept;
    });
  }
}

MetricsWriter::~MetricsWriter() = default;

void MetricsWriter::write(const StepMetrics& metrics) {
  if (sinks_->jsonl) sinks_->jsonl->append(json_line(metrics));
  if (sinks_->csv) sinks_->csv->append(csv_line(metrics));
  if (sinks_->events) sinks_->events->append(event_of(metrics));
}

}  // namespace diptych::train
