#include "engine/train/preference.h"

#include <cassert>
#include <cmath>

#include "engine/ops/loss.h"

namespace diptych::train {
namespace {

// log(1 / (1 + e^-z))
double log_sigmoid(double z) {
  return z >= 0 ? -std::log1p(std::exp(-z)) : z - std::log1p(std::exp(z));
}

double sigmoid_of(double z) {
  return 1 / (1 + std::exp(-z));
}

}  // namespace

std::vector<double> answer_scores(Context& ctx, const CausalLm& model, const Batch& batch,
                                  std::span<const int32_t> labels) {
  const Tensor each = label_log_probabilities(ctx, model.hidden(ctx, batch), model.head(), labels);
  std::vector<double> scores(static_cast<size_t>(batch.sequences()));
  if (ctx.is_meta()) return scores;
  size_t sequence = 0;
  for (size_t i = 0; i < batch.output_rows.size(); ++i) {
    while (batch.output_rows[i] >= batch.sequence_offsets[sequence + 1]) ++sequence;
    scores[sequence] += static_cast<double>(each.data<float>()[i]);
  }
  return scores;
}

PreferenceLoss preference_loss_of(std::span<const double> now, std::span<const double> before, double beta,
                                  double smoothing) {
  assert(now.size() == before.size() && now.size() % 2 == 0 && !now.empty());
  const double pairs = static_cast<double>(now.size()) / 2;
  PreferenceLoss loss;
  for (size_t i = 0; i < now.size(); i += 2) {
    const double z = beta * ((now[i] - before[i]) - (now[i + 1] - before[i + 1]));
    loss.value -= ((1 - smoothing) * log_sigmoid(z) + smoothing * log_sigmoid(-z)) / pairs;
    const double slope = beta * (smoothing * sigmoid_of(z) - (1 - smoothing) * sigmoid_of(-z)) / pairs;
    loss.slopes.push_back(slope);
    loss.slopes.push_back(-slope);
  }
  return loss;
}

}  // namespace diptych::train
