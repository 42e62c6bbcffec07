// Values of a plot's axis as A1111's users write them: "20, 30", "10-30 (+10)", "1-2 [5]", and text between commas or
// in quotes.
#pragma once

#include <QStringList>
#include <optional>

#include "engine/api/fields.h"

namespace diptych::create {

enum class AxisKind { whole, real, text };

// A JSON list; none where the text is not understood, with the reason in `why`.
std::optional<api::Json> read_axis_values(const QString& text, AxisKind kind, QString* why);

QStringList split_values(const QString& text);  // at commas outside of double quotes

}  // namespace diptych::create
