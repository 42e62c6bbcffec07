#include "ui/client/provenance.h"

namespace diptych::ui {

Provenance provenance_of(api::Known known) {
  switch (known) {
    case api::Known::counter:
      return Provenance::counter;
    case api::Known::modelled:
      return Provenance::modelled;
    case api::Known::estimated:
    case api::Known::unreadable:
      break;
  }
  return Provenance::estimated;
}

QString known_mark(api::Known known) {
  return provenance_mark(provenance_of(known));
}

}  // namespace diptych::ui
