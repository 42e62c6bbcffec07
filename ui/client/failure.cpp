#include "ui/client/failure.h"

#include "ui/client/text.h"

namespace diptych::ui {

QString Failure::text() const {
  QString text = what;
  if (!why.isEmpty()) text += QStringLiteral(": ") + why;
  if (!to_do.isEmpty()) text += QStringLiteral(". ") + to_do;
  return text;
}

Failure to_failure(const api::ErrorInfo& error) {
  const auto sentence = [](QString text) {
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
  };
  QString what = sentence(qt(error.what));
  if (!error.thing.empty()) what += QStringLiteral(" (%1)").arg(qt(error.thing));
  return {what, qt(error.why), sentence(qt(error.to_do))};
}

}  // namespace diptych::ui
