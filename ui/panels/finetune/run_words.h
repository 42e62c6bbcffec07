// Runs, plans and data in the window's words.
#pragma once

#include <QString>

#include "engine/api/training.h"
#include "engine/api/training_plan.h"

namespace diptych::finetune {

QString state_name(api::RunState state);              // "running"
QString run_state_text(const api::TrainingRun& run);  // "step 40 of 96", "paused at step 40 of 96", "finished"
QString phase_text(const std::string& phase);         // "Training", "Saving a checkpoint"
QString data_summary(const api::DataReport& report);  // "273 examples", "24 pictures"
QString duration_text(const api::Reading& seconds);   // "○ 9 min 40 s", "–" where it is not known
QString energy_text(const api::Reading& joules);      // "○ 12.4 kJ"
QString format_energy(double joules);                 // "840 J", "12.4 kJ"
QString known_tip(const api::Reading& reading);       // how it is known, or why not
QString method_title(const QString& method);          // "LoRA"
QString count_text(int64_t count);                    // with the locale's separators

}  // namespace diptych::finetune
