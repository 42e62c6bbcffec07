#include "ui/panels/create/create_service.h"

namespace diptych::create {

QString Failure::text() const {
  QString text = what;
  if (!why.isEmpty()) text += QStringLiteral(": ") + why;
  if (!to_do.isEmpty()) text += QStringLiteral(". ") + to_do;
  return text;
}

}  // namespace diptych::create
