// Several parts that are trained together, as if they were one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/train/trained_part.h"

namespace diptych::train {

class TrainedParts final : public TrainedPart {
 public:
  struct Member {
    std::string component;  // parameters' names begin with it: "text_encoder.…"
    std::unique_ptr<TrainedPart> part;
    float learning_rate_factor = 1;
  };
  explicit TrainedParts(std::vector<Member> members);

  // Those of the members, one after the other: the same memory.
  Parameters& parameters() override { return parameters_; }
  void begin_micro_batch(uint64_t number) override;
  void end_micro_batch() override;
  void watch(Tape& tape) override;
  void finish_gradients(Context& ctx) override;
  void publish(Context& ctx) override;

 private:
  std::vector<Member> members_;
  Parameters parameters_;
};

}  // namespace diptych::train
