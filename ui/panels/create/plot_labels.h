// What a plot's axes and their values are called.
#pragma once

#include <QString>

#include "engine/api/image.h"

namespace diptych::create {

// "Steps" of "steps", "Strength of lighthouse" of "adapters[0].scale"; what is not known keeps its name.
QString plot_field_title(const QString& field, const api::ImageSettings& settings);

QString plot_value(const api::PlotAxis& axis, int index);
// "Steps: 20"; empty where there is no such axis.
QString plot_label(const api::Plot& plot, size_t axis, int index);

}  // namespace diptych::create
