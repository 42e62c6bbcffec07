// What the host found in the data, as the rich text that the page shows.
#pragma once

#include <QString>

#include "engine/api/training_plan.h"

namespace diptych::finetune {

QString examples_html(const api::DataReport& report);  // learnt pieces are underlined and tinted
QString problems_html(const api::DataReport& report);  // what was left out and why, warnings, notes
int problem_count(const api::DataReport& report);
// Rows of "name\tfigure".
QStringList fact_lines(const api::DataReport& report);

}  // namespace diptych::finetune
