// What recipes call the values of their enumerations; the first name of a value is the one that is written.
#pragma once

#include <array>
#include <utility>

#include "engine/train/data/recipe.h"

namespace diptych::train {

template <typename E>
struct NamesOf;

template <>
struct NamesOf<Method> {
  static constexpr std::array names{std::pair{"lora", Method::lora},
                                    std::pair{"qlora", Method::qlora},
                                    std::pair{"dora", Method::dora},
                                    std::pair{"loha", Method::loha},
                                    std::pair{"lokr", Method::lokr},
                                    std::pair{"full", Method::full},
                                    std::pair{"textual_inversion", Method::textual_inversion}};
};
template <>
struct NamesOf<OptimizerKind> {
  static constexpr std::array names{std::pair{"adamw", OptimizerKind::adamw},
                                    std::pair{"adamw_8bit", OptimizerKind::adamw_8bit},
                                    std::pair{"adafactor", OptimizerKind::adafactor},
                                    std::pair{"lion", OptimizerKind::lion},
                                    std::pair{"prodigy", OptimizerKind::prodigy},
                                    std::pair{"sgd", OptimizerKind::sgd},
                                    std::pair{"muon", OptimizerKind::muon}};
};
template <>
struct NamesOf<RateSchedule> {
  static constexpr std::array names{std::pair{"constant", RateSchedule::constant},
                                    std::pair{"linear", RateSchedule::linear},
                                    std::pair{"cosine", RateSchedule::cosine},
                                    std::pair{"cosine_with_restarts", RateSchedule::cosine_with_restarts},
                                    std::pair{"polynomial", RateSchedule::polynomial},
                                    std::pair{"warmup_stable_decay", RateSchedule::warmup_stable_decay}};
};
template <>
struct NamesOf<Recompute> {
  static constexpr std::array names{std::pair{"none", Recompute::none}, std::pair{"selective", Recompute::selective},
                                    std::pair{"full", Recompute::full}};
};
template <>
struct NamesOf<MasterType> {
  static constexpr std::array names{std::pair{"f32", MasterType::f32}, std::pair{"bf16", MasterType::bf16}};
};
template <>
struct NamesOf<RecordShape> {
  static constexpr std::array names{std::pair{"automatic", RecordShape::automatic},
                                    std::pair{"messages", RecordShape::messages},
                                    std::pair{"conversations", RecordShape::conversations},
                                    std::pair{"completion", RecordShape::completion},
                                    std::pair{"preference", RecordShape::preference},
                                    std::pair{"text", RecordShape::text},
                                    std::pair{"images", RecordShape::images}};
};
template <>
struct NamesOf<Documents> {
  static constexpr std::array names{std::pair{"file", Documents::file},
                                    std::pair{"blank_lines", Documents::blank_lines}};
};
template <>
struct NamesOf<Overlong> {
  static constexpr std::array names{std::pair{"truncate", Overlong::truncate}, std::pair{"drop", Overlong::drop},
                                    std::pair{"split", Overlong::split}};
};
template <>
struct NamesOf<Objective> {
  static constexpr std::array names{std::pair{"automatic", Objective::automatic},
                                    std::pair{"causal", Objective::causal}, std::pair{"dpo", Objective::dpo},
                                    std::pair{"diffusion", Objective::diffusion}};
};
template <>
struct NamesOf<LossOn> {
  static constexpr std::array names{std::pair{"answers", LossOn::answers},
                                    std::pair{"last_answer", LossOn::last_answer},
                                    std::pair{"after_prompt", LossOn::after_prompt}, std::pair{"all", LossOn::all}};
};
template <>
struct NamesOf<PredictionTarget> {
  static constexpr std::array names{std::pair{"automatic", PredictionTarget::automatic},
                                    std::pair{"epsilon", PredictionTarget::epsilon},
                                    std::pair{"v", PredictionTarget::v}, std::pair{"flow", PredictionTarget::flow}};
};
template <>
struct NamesOf<TimestepSampling> {
  static constexpr std::array names{std::pair{"uniform", TimestepSampling::uniform},
                                    std::pair{"logit_normal", TimestepSampling::logit_normal}};
};

template <typename E>
const char* name_of(E value) {
  for (const auto& entry : NamesOf<E>::names)
    if (entry.second == value) return entry.first;
  return "";
}

}  // namespace diptych::train
