#include "ui/panels/finetune/finetune_service.h"

namespace diptych::finetune {

QString command_name(RunCommand command) {
  static const char* const names[]{"pause", "resume", "stop", "sample", "save"};
  return QLatin1String(names[static_cast<int>(command)]);
}

}  // namespace diptych::finetune
