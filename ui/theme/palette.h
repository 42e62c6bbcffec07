// Colours by role, light and dark. Widgets name a role, never a colour.
#pragma once

#include <QColor>
#include <QList>
#include <QPalette>

namespace diptych::ui {

// Who holds a byte of memory; the colour of an owner is the same everywhere.
enum class MemoryOwner { weights, kv_cache, activations, workspace, gradients, optimizer, other_programs, free };

struct Palette {
  bool dark = false;
  QColor background;  // of the window
  QColor surface;     // of lists, fields, cards
  QColor raised;      // of what lies on a surface: hovered rows, the rail, code
  QColor border;      // hairlines
  QColor text, secondary;
  QColor accent, on_accent;
  QColor positive, warning, danger;
  QColor control;    // outlines of fields and boxes: 3:1 on every ground
  QColor selection;  // ground of selected rows and text; `text` stays readable on it
  QColor hover;      // ground of what the pointer is on

  QColor owner(MemoryOwner owner) const;  // other_programs is drawn hatched, free with a hairline
  QList<QColor> series() const;           // Okabe–Ito, darkened on light grounds and lightened on dark ones
};

const Palette& light_palette();
const Palette& dark_palette();
QPalette to_qpalette(const Palette& palette);

}  // namespace diptych::ui
