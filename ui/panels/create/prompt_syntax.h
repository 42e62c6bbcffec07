// Where a prompt has syntax, as A1111's users know it: what the editor colours. The meaning is the engine's
// (engine/diffusion/prompt/prompt.h); here a bracket without its partner is found, which the engine reads as text.
#pragma once

#include <QList>
#include <QString>
#include <optional>

namespace diptych::create {

enum class PromptKind {
  bracket,    // ( ) [ ] { }
  weight,     // ":1.3" of a group or of a part between ANDs
  schedule,   // ":b:0.25" of [a:b:0.25]: its colons and its number
  choice,     // "|" of [a|b] and {a|b}
  keyword,    // AND, BREAK
  adapter,    // <lora:name:0.8>
  escape,     // \( and its like
  unbalanced  // a bracket without its partner
};

struct PromptSpan {
  qsizetype start = 0, length = 0;
  PromptKind kind = PromptKind::bracket;

  qsizetype end() const { return start + length; }
  bool operator==(const PromptSpan&) const = default;
};

QList<PromptSpan> prompt_spans(QStringView text);  // in the order of their starts

// The name that is being written in "<lora:na" before the caret, for completion; none where no tag is open.
std::optional<QString> open_adapter_name(QStringView before_caret);

bool is_decimal(QStringView text);  // "1.3", ".5", "-1"

}  // namespace diptych::create
