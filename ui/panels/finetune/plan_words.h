// What a recipe would take, in the window's words.
#pragma once

#include <QList>
#include <QString>

#include "engine/api/training_plan.h"
#include "ui/widgets/gauge_reading.h"

namespace diptych::finetune {

struct PlanFigure {
  QString name, value, tip;
};

// Memory, time, energy, size of the adapter: what a goal's card has room for.
QList<PlanFigure> short_figures(const api::TrainingPlan& plan);
// Everything, for the page before the start.
QList<PlanFigure> all_figures(const api::TrainingPlan& plan);
QString fit_text(const api::TrainingPlan& plan);  // "Fits: 1.21 of 6.40 GB"
QList<ui::MemoryShare> memory_shares(const std::vector<api::OwnerMemory>& owners);

}  // namespace diptych::finetune
