#include "ui/widgets/panel.h"  // its signals need a translation unit
