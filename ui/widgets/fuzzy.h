// Finding "Switch to dark theme" by "dkth": letters in order, word starts and runs count more.
#pragma once

#include <QString>
#include <optional>

namespace diptych::ui {

// Higher is better; none where `pattern` is no subsequence of `text`. Case and accents do not matter, spaces in the
// pattern separate words that may match anywhere after each other.
std::optional<int> fuzzy_score(QStringView pattern, QStringView text);

}  // namespace diptych::ui
