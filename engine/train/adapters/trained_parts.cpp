#include "engine/train/adapters/trained_parts.h"

#include <utility>

namespace diptych::train {

TrainedParts::TrainedParts(std::vector<Member> members) : members_(std::move(members)) {
  for (Member& member : members_) {
    const std::string prefix = member.component + ".";
    for (Parameter& own : member.part->parameters()) {
      Parameter& parameter = parameters_.emplace_back(own);
      if (!parameter.name.starts_with(prefix)) parameter.name.insert(0, prefix);
      parameter.learning_rate_factor *= member.learning_rate_factor;
    }
  }
}

void TrainedParts::begin_micro_batch(uint64_t number) {
  for (Member& member : members_) member.part->begin_micro_batch(number);
}

void TrainedParts::end_micro_batch() {
  for (Member& member : members_) member.part->end_micro_batch();
}

void TrainedParts::watch(Tape& tape) {
  for (Member& member : members_) member.part->watch(tape);
}

void TrainedParts::finish_gradients(Context& ctx) {
  for (Member& member : members_) member.part->finish_gradients(ctx);
}

void TrainedParts::publish(Context& ctx) {
  for (Member& member : members_) member.part->publish(ctx);
}

}  // namespace diptych::train
