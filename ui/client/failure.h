// What went wrong, as the window tells it.
#pragma once

#include <QString>

#include "engine/api/error.h"

namespace diptych::ui {

struct Failure {
  QString what, why, to_do;

  QString text() const;  // as one line
};

Failure to_failure(const api::ErrorInfo& error);

}  // namespace diptych::ui
