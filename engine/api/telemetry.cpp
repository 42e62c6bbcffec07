#include "engine/api/telemetry.h"

#include <utility>

namespace diptych::api {

Reading reading(double value, Known known, std::string source) {
  Reading result;
  result.value = value;
  result.known = known;
  result.source = std::move(source);
  return result;
}

Reading unreadable(std::string reason) {
  Reading result;
  result.source = std::move(reason);
  return result;
}

}  // namespace diptych::api
