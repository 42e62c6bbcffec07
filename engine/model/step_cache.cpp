#include "engine/model/step_cache.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/core/error.h"
#include "engine/ops/elementwise.h"

namespace diptych {
namespace {

constexpr const char* cache_names[] = {"first-block", "teacache", "deepcache"};

[[noreturn]] void refuse_cache(std::string_view text, const std::string& why) {
  throw Error(ErrorCategory::invalid_argument, "cannot leave work out", std::string(text), why,
              "give first-block[:THRESHOLD], teacache[:THRESHOLD] or deepcache[:INTERVAL], as in first-block:0.1");
}

// The largest of the rows' mean differences, each relative to the mean size of the row before.
double relative_change(const Tensor& before, const Tensor& now, int64_t rows) {
  const int64_t values = now.elements() / rows;
  double largest = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const float* a = before.data<float>() + row * values;
    const float* b = now.data<float>() + row * values;
    double difference = 0, size = 0;
    for (int64_t i = 0; i < values; ++i) {
      difference += std::abs(a[i] - b[i]);
      size += std::abs(a[i]);
    }
    largest = std::max(largest, size > 0 ? difference / size : 1e9);
  }
  return largest;
}

}  // namespace

StepCacheOptions parse_step_cache(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto* found = std::ranges::find(cache_names, name);
  if (found == std::end(cache_names)) refuse_cache(text, "there is no such way");
  StepCacheOptions options;
  options.kind = static_cast<StepCacheKind>(found - std::begin(cache_names));
  if (options.kind == StepCacheKind::teacache) options.threshold = 0.15;
  if (colon == std::string_view::npos) return options;
  const std::string_view number = text.substr(colon + 1);
  const char* last = number.data() + number.size();
  const bool whole = options.kind == StepCacheKind::deepcache;
  const auto [end, error] = whole ? std::from_chars(number.data(), last, options.interval)
                                  : std::from_chars(number.data(), last, options.threshold);
  const bool sensible =
      whole ? options.interval >= 1 && options.interval <= 1000 : options.threshold >= 0 && options.threshold <= 10;
  if (error != std::errc() || end != last || !sensible) refuse_cache(text, "the number after the colon makes no sense");
  return options;
}

std::string step_cache_text(const StepCacheOptions& options) {
  char text[48];
  const char* name = cache_names[static_cast<size_t>(options.kind)];
  if (options.kind == StepCacheKind::deepcache) {
    std::snprintf(text, sizeof text, "%s:%d", name, options.interval);
  } else {
    std::snprintf(text, sizeof text, "%s:%g", name, options.threshold);
  }
  return text;
}

bool StepCache::reuses(const Tensor& indicator, int64_t rows) {
  if (!kept_ || !indicator_ || indicator_.shape() != indicator.shape() || indicator.is_meta()) return false;
  const double change = relative_change(indicator_, indicator, rows);
  if (kind() == StepCacheKind::teacache) {
    moved_ += change;
    indicator_ = indicator;
    if (moved_ >= options_.threshold) return false;
  } else if (change >= options_.threshold) {
    return false;
  }
  ++reused_;
  return true;
}

void StepCache::keep(Context& ctx, const Tensor& before, const Tensor& behind, const Tensor& indicator) {
  kept_ = {};
  kept_ = add(ctx, behind, scale_offset(ctx, before, -1, 0));
  indicator_ = indicator;
  moved_ = 0;
}

bool StepCache::reuses_levels(const Shape& input) {
  if (!kept_ || kept_.is_meta() || input != input_ || since_ + 1 >= options_.interval) return false;
  ++since_;
  ++reused_;
  return true;
}

void StepCache::keep_levels(const Tensor& x, const Shape& input) {
  kept_ = x;
  input_ = input;
  since_ = 0;
}

}  // namespace diptych
