// Ctrl+Up and Ctrl+Down in a prompt, as in A1111: the weight of what is selected, or of the word or group around the
// caret, goes up or down.
#pragma once

#include <QString>

namespace diptych::create {

inline constexpr double weight_step = 0.1;
inline constexpr double adapter_weight_step = 0.05;  // inside <lora:…>

// Replaces [from, to) by `text` and then selects [select_from, select_to).
struct PromptEdit {
  qsizetype from = 0, to = 0;
  QString text;
  qsizetype select_from = 0, select_to = 0;

  bool empty() const { return from == to && text.isEmpty(); }
};

PromptEdit change_weight(const QString& prompt, qsizetype from, qsizetype to, int direction);

}  // namespace diptych::create
