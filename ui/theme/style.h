// Fusion's behaviour in our own drawing: radius 8, hairlines, quiet buttons, one focus ring.
//   setProperty("primary", true) fills a QPushButton with the accent; one per screen.
#pragma once

#include <QProxyStyle>

namespace diptych::ui {

inline constexpr int grid = 8;             // px; 4 inside controls
inline constexpr int radius = 8;           // px, of cards, fields and buttons
inline constexpr int control_height = 32;  // px

class Style : public QProxyStyle {
  Q_OBJECT

 public:
  Style();

  void set_reduced_motion(bool reduced) { reduced_motion_ = reduced; }

  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget = nullptr) const override;
  void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                   const QWidget* widget = nullptr) const override;
  void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                          const QWidget* widget = nullptr) const override;
  QRect subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                       const QWidget* widget = nullptr) const override;
  QRect subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget = nullptr) const override;
  QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                         const QWidget* widget = nullptr) const override;
  int pixelMetric(PixelMetric metric, const QStyleOption* option = nullptr,
                  const QWidget* widget = nullptr) const override;
  int styleHint(StyleHint hint, const QStyleOption* option = nullptr, const QWidget* widget = nullptr,
                QStyleHintReturn* result = nullptr) const override;
  QIcon standardIcon(StandardPixmap pixmap, const QStyleOption* option = nullptr,
                     const QWidget* widget = nullptr) const override;
  void polish(QWidget* widget) override;
  using QProxyStyle::polish;

 private:
  void draw_scroll_bar(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const;
  void draw_combo_box(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const;
  void draw_spin_box(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const;
  void draw_slider(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const;

  bool reduced_motion_ = false;
};

}  // namespace diptych::ui
