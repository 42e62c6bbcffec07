#include "ui/panels/chat/icons.h"

#include <QGuiApplication>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QSvgRenderer>

namespace diptych::chat {
namespace {

// The inside of a 24×24 SVG, stroked 1.5 px wide.
const QHash<QByteArray, QByteArray>& shapes() {
  static const QHash<QByteArray, QByteArray> table{
      {"arrow-down", "<path d='M12 5v14M6 13l6 6 6-6'/>"},
      {"arrow-up", "<path d='M12 19V5M6 11l6-6 6 6'/>"},
      {"check", "<path d='M5 12.5l4.5 4.5L19 7.5'/>"},
      {"chevron-down", "<path d='M6 9.5l6 6 6-6'/>"},
      {"chevron-left", "<path d='M14.5 6l-6 6 6 6'/>"},
      {"chevron-right", "<path d='M9.5 6l6 6-6 6'/>"},
      {"close", "<path d='M6 6l12 12M18 6L6 18'/>"},
      {"continue", "<path d='M7 5.5v13l11-6.5z'/>"},
      {"copy",
       "<rect x='8.5' y='8.5' width='11' height='11' rx='2'/><path d='M15.5 8.5V6.5a2 2 0 0 0-2-2h-7a2 2 0 0 "
       "0-2 2v7a2 2 0 0 0 2 2h2'/>"},
      {"delete",
       "<path d='M4.5 6.5h15M9.5 6.5V4.5h5v2M6.5 6.5l.8 12a1.5 1.5 0 0 0 1.5 1.4h6.4a1.5 1.5 0 0 0 "
       "1.5-1.4l.8-12M10 10.5v5.5M14 10.5v5.5'/>"},
      {"edit", "<path d='M4.5 19.5l.9-4L16 4.9a1.6 1.6 0 0 1 2.3 0l.8.8a1.6 1.6 0 0 1 0 2.3L8.5 18.6zM14 7l3 3'/>"},
      {"eject", "<path d='M12 5.5l7 8H5zM5 18h14'/>"},
      {"export",
       "<path d='M12 15V4.5M7.5 9L12 4.5 16.5 9M4.5 15v3a1.5 1.5 0 0 0 1.5 1.5h12a1.5 1.5 0 0 0 1.5-1.5v-3'/>"},
      {"list", "<rect x='3.5' y='4.5' width='17' height='15' rx='2'/><path d='M9.5 4.5v15'/>"},
      {"model",
       "<rect x='6.5' y='6.5' width='11' height='11' rx='1.5'/><path d='M9.5 6.5v-3M14.5 6.5v-3M9.5 20.5v-3M14.5 "
       "20.5v-3M6.5 9.5h-3M6.5 14.5h-3M20.5 9.5h-3M20.5 14.5h-3'/>"},
      {"open", "<path d='M3.5 18V6.5a1 1 0 0 1 1-1H9l2 2.5h7a1 1 0 0 1 1 1v1.5M3.5 18l2.6-7h15L18.5 18z'/>"},
      {"plus", "<path d='M12 5v14M5 12h14'/>"},
      {"regenerate", "<path d='M19 5.5v5h-5M18.4 14.5a7 7 0 1 1-1.2-7.2l1.8 2.2'/>"},
      {"search", "<circle cx='10.5' cy='10.5' r='6'/><path d='M15 15l5 5'/>"},
      {"settings",
       "<path d='M4 7.5h9M17 7.5h3M4 16.5h3M11 16.5h9'/><circle cx='15' cy='7.5' r='2'/><circle cx='9' "
       "cy='16.5' r='2'/>"},
      {"stop", "<rect x='6.5' y='6.5' width='11' height='11' rx='1.5'/>"},
  };
  return table;
}

QColor blend(const QColor& a, const QColor& b, double share_of_b) {
  const auto mix = [share_of_b](int from, int to) { return static_cast<int>(from + (to - from) * share_of_b); };
  return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

class ShapeEngine : public QIconEngine {
 public:
  explicit ShapeEngine(QByteArray shape, QColor color = {}) : shape_(std::move(shape)), color_(std::move(color)) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    const QPalette palette = QGuiApplication::palette();
    // Quiet until the pointer or the focus is on it.
    const QColor text =
        palette.color(mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active, QPalette::ButtonText);
    const QColor window = palette.color(QPalette::Window);
    const QColor color = color_.isValid() && mode != QIcon::Disabled ? color_
                         : mode == QIcon::Active                     ? text
                         : mode == QIcon::Selected                   ? palette.color(QPalette::HighlightedText)
                                                   : blend(text, window, mode == QIcon::Disabled ? 0.6 : 0.32);
    const QByteArray svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='" +
                           color.name().toLatin1() +
                           "' stroke-width='1.5' stroke-linecap='round' stroke-linejoin='round'>" + shape_ + "</svg>";
    QSvgRenderer(svg).render(painter, rect);
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(&painter, QRect({0, 0}, size), mode, state);
    return pixmap;
  }

  QIconEngine* clone() const override { return new ShapeEngine(shape_, color_); }

 private:
  QByteArray shape_;
  QColor color_;  // invalid: the palette's
};

}  // namespace

QIcon chat_icon(const char* name) {
  static QHash<QByteArray, QIcon> icons;  // GUI thread only
  QIcon& icon = icons[name];
  if (icon.isNull()) {
    Q_ASSERT(shapes().contains(name));
    icon = QIcon(new ShapeEngine(shapes().value(name)));
  }
  return icon;
}

QIcon chat_icon(const char* name, const QColor& color) {
  return QIcon(new ShapeEngine(shapes().value(name), color));
}

}  // namespace diptych::chat
