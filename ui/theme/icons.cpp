#include "ui/theme/icons.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

#include "ui/theme/theme.h"

static void load_icons() {
  Q_INIT_RESOURCE(icons);
}  // a static library's resources are not linked by themselves

namespace diptych::ui {
namespace {

QByteArray drawing(const QString& name) {
  static const bool loaded = (load_icons(), true);
  Q_UNUSED(loaded);
  QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
  const bool found = file.open(QIODevice::ReadOnly);
  Q_ASSERT_X(found, "icon", qPrintable(name));
  return found ? file.readAll() : QByteArray();
}

class TintedIcon : public QIconEngine {
 public:
  explicit TintedIcon(QString name) : name_(std::move(name)) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const int side = std::min(rect.width(), rect.height());
    const QPixmap pixmap = icon_pixmap(name_, side, color(mode, state), painter->device()->devicePixelRatioF());
    painter->drawPixmap(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2, pixmap);
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    return icon_pixmap(name_, std::min(size.width(), size.height()), color(mode, state), 1);
  }

  QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal scale) override {
    // Qt asks for device pixels here.
    QPixmap result = icon_pixmap(name_, std::min(size.width(), size.height()), color(mode, state), 1);
    result.setDevicePixelRatio(scale);
    return result;
  }

  QIconEngine* clone() const override { return new TintedIcon(name_); }

 private:
  static QColor color(QIcon::Mode mode, QIcon::State state) {
    const Palette& palette = theme_palette();
    if (mode == QIcon::Disabled) return palette.control;
    if (mode == QIcon::Active || mode == QIcon::Selected || state == QIcon::On) return palette.text;
    return palette.secondary;
  }

  QString name_;
};

}  // namespace

QPixmap icon_pixmap(const QString& name, int size, const QColor& color, qreal device_pixel_ratio) {
  const QString key =
      QStringLiteral("diptych/%1/%2/%3/%4").arg(name).arg(size).arg(color.rgba()).arg(device_pixel_ratio);
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;
  QByteArray svg = drawing(name);
  svg.replace("currentColor", color.name().toLatin1());
  pixmap = QPixmap(QSize(size, size) * device_pixel_ratio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  QSvgRenderer(svg).render(&painter);
  painter.end();
  pixmap.setDevicePixelRatio(device_pixel_ratio);
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

QIcon icon(const QString& name) {
  return QIcon(new TintedIcon(name));
}

}  // namespace diptych::ui
