// The chat's icons: drawn in the application's text colour, at any size and scale.
#pragma once

#include <QIcon>

namespace diptych::chat {

// Names: arrow-down, arrow-up, check, chevron-down, chevron-left, chevron-right, close, continue, copy, delete, edit,
// eject, model, open, plus, regenerate, search, settings, stop.
QIcon chat_icon(const char* name);

}  // namespace diptych::chat
