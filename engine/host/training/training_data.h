// A recipe's data, judged and shown before anything is learnt from them.
#pragma once

#include "engine/api/training_plan.h"
#include "engine/core/parallel.h"
#include "engine/host/training/training_recipe.h"
#include "engine/plan/goals.h"
#include "engine/plan/trainable.h"

namespace diptych::host {

// Reads all of it. Data that cannot be used are no error: the report says so, with every record that was rejected.
api::DataReport data_report(const TrainingTarget& target, int offset, int limit, ThreadPool& pool);

// What goals depend on; pictures are counted, not read. Error: as reading the data, where there is nothing.
plan::GoalFacts goal_facts(const TrainingTarget& target, const plan::Trainable& base, ThreadPool& pool);

}  // namespace diptych::host
