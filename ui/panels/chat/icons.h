// The chat's icons: drawn in the application's text colour, at any size and scale.
#pragma once

#include <QColor>
#include <QIcon>

namespace diptych::chat {

// Names: arrow-down, arrow-up, check, chevron-down, chevron-left, chevron-right, close, continue, copy, delete, edit,
// eject, export, list, model, open, plus, regenerate, search, settings, stop.
QIcon chat_icon(const char* name);
QIcon chat_icon(const char* name, const QColor& color);  // in a colour of its own, for buttons filled with the accent

}  // namespace diptych::chat
