#include "ui/theme/palette.h"

namespace diptych::ui {

QColor Palette::owner(MemoryOwner owner) const {
  switch (owner) {
    case MemoryOwner::weights:
      return dark ? QColor(0x3C93D0) : QColor(0x0072B2);
    case MemoryOwner::kv_cache:
      return dark ? QColor(0x7CC8F2) : QColor(0x2E8FC7);
    case MemoryOwner::activations:
      return dark ? QColor(0x2FB98F) : QColor(0x00855F);
    case MemoryOwner::workspace:
      return dark ? QColor(0x9A9AA2) : QColor(0x7A7A74);
    case MemoryOwner::gradients:
      return dark ? QColor(0xE69F00) : QColor(0xB07400);
    case MemoryOwner::optimizer:
      return dark ? QColor(0xD48FB6) : QColor(0xA8507F);
    case MemoryOwner::other_programs:
      return secondary;
    case MemoryOwner::free:
      break;
  }
  return raised;
}

QList<QColor> Palette::series() const {
  if (dark) {
    return {QColor(0x56B4E9), QColor(0xE69F00), QColor(0x2FB98F), QColor(0xD48FB6),
            QColor(0xF0E442), QColor(0xE8793A), QColor(0x3C93D0)};
  }
  return {QColor(0x0072B2), QColor(0xB07400), QColor(0x00855F), QColor(0xA8507F),
          QColor(0x857B00), QColor(0xC24F00), QColor(0x2E8FC7)};
}

const Palette& light_palette() {
  static const Palette palette{.dark = false,
                               .background = QColor(0xFAFAF8),
                               .surface = QColor(0xFFFFFF),
                               .raised = QColor(0xF3F3F0),
                               .border = QColor(0xE3E3DF),
                               .text = QColor(0x1C1C1A),
                               .secondary = QColor(0x65655F),
                               .accent = QColor(0x3451C7),
                               .on_accent = QColor(0xFFFFFF),
                               .positive = QColor(0x2B7A3D),
                               .warning = QColor(0xA35200),
                               .danger = QColor(0xB42323),
                               .control = QColor(0x85857F),
                               .selection = QColor(0xDDE3F9),
                               .hover = QColor(0xEDEDE9)};
  return palette;
}

const Palette& dark_palette() {
  static const Palette palette{.dark = true,
                               .background = QColor(0x151517),
                               .surface = QColor(0x1D1D20),
                               .raised = QColor(0x26262A),
                               .border = QColor(0x303036),
                               .text = QColor(0xECECEA),
                               .secondary = QColor(0xA0A0A6),
                               .accent = QColor(0x8EA2FF),
                               .on_accent = QColor(0x151517),
                               .positive = QColor(0x69C080),
                               .warning = QColor(0xF2A65A),
                               .danger = QColor(0xFF7B72),
                               .control = QColor(0x7C7C85),
                               .selection = QColor(0x2C3359),
                               .hover = QColor(0x2C2C31)};
  return palette;
}

QPalette to_qpalette(const Palette& palette) {
  QPalette result;
  const auto set = [&result](QPalette::ColorRole role, const QColor& color, const QColor& disabled) {
    result.setColor(QPalette::Active, role, color);
    result.setColor(QPalette::Inactive, role, color);
    result.setColor(QPalette::Disabled, role, disabled);
  };
  for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    set(role, palette.text, palette.control);
  set(QPalette::HighlightedText, palette.text, palette.control);
  set(QPalette::PlaceholderText, palette.secondary, palette.control);
  set(QPalette::Window, palette.background, palette.background);
  set(QPalette::Base, palette.surface, palette.background);
  set(QPalette::AlternateBase, palette.raised, palette.raised);
  set(QPalette::Button, palette.surface, palette.background);
  set(QPalette::Highlight, palette.selection, palette.raised);
  set(QPalette::Link, palette.accent, palette.control);
  set(QPalette::LinkVisited, palette.accent, palette.control);
  set(QPalette::BrightText, palette.danger, palette.control);
  set(QPalette::ToolTipBase, palette.raised, palette.raised);
  set(QPalette::ToolTipText, palette.text, palette.text);
  set(QPalette::Light, palette.raised, palette.raised);
  set(QPalette::Midlight, palette.hover, palette.hover);
  set(QPalette::Mid, palette.border, palette.border);
  set(QPalette::Dark, palette.control, palette.border);
  set(QPalette::Shadow, palette.border, palette.border);
  return result;
}

}  // namespace diptych::ui
