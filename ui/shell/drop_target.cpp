#include "ui/shell/drop_target.h"

#include <QApplication>
#include <QDropEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QPainter>
#include <QUrl>

#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::ui {

QString dropped_model(const QMimeData* data) {
  for (const QUrl& url : data->urls()) {
    if (!url.isLocalFile()) continue;
    const QFileInfo info(url.toLocalFile());
    // Pickles, too: they are refused with the way to convert them.
    const bool file =
        info.isFile() && QStringList{"gguf", "safetensors", "ckpt", "pt", "pth"}.contains(info.suffix().toLower());
    if (file || info.isDir()) return info.absoluteFilePath();
  }
  return {};
}

// `widget`, or one around it, has a use of its own for folders.
static bool takes_folders(const QWidget* widget) {
  for (; widget; widget = widget->parentWidget())
    if (widget->property("takesFolders").toBool()) return true;
  return false;
}

DropTarget::DropTarget(QWidget* window) : QWidget(window), window_(window) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setAccessibleName(tr("Drop a model here"));
  window_->setAcceptDrops(true);
  qApp->installEventFilter(this);
  hide();
}

bool DropTarget::eventFilter(QObject* watched, QEvent* event) {
  const QEvent::Type type = event->type();
  if (type != QEvent::DragEnter && type != QEvent::DragMove && type != QEvent::DragLeave && type != QEvent::Drop)
    return false;
  auto* widget = qobject_cast<QWidget*>(watched);
  if (!widget || widget->window() != window_) return false;
  if (type == QEvent::DragLeave) {
    hide();
    return false;
  }
  auto* drop = static_cast<QDropEvent*>(event);
  const QString path = dropped_model(drop->mimeData());
  if (path.isEmpty()) return false;
  if (QFileInfo(path).isDir() && takes_folders(widget)) {
    hide();
    return false;
  }
  drop->setDropAction(Qt::CopyAction);
  drop->accept();
  if (type == QEvent::Drop) {
    hide();
    emit dropped(path);
  } else if (!isVisible()) {
    setGeometry(window_->rect());
    raise();
    show();
  }
  return true;
}

void DropTarget::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Palette& palette = theme_palette();
  QColor veil = palette.background;
  veil.setAlphaF(0.88f);
  painter.fillRect(rect(), veil);
  paint_box(painter, QRectF(rect()).adjusted(12, 12, -12, -12), radius, {}, palette.accent, 2);
  const QPixmap picture = icon_pixmap(QStringLiteral("model"), 48, palette.accent, devicePixelRatioF());
  painter.drawPixmap(width() / 2 - 24, height() / 2 - 56, picture);
  painter.setFont(text_font(TextSize::title, QFont::DemiBold));
  painter.setPen(palette.text);
  painter.drawText(rect().adjusted(0, 40, 0, 0), Qt::AlignCenter, tr("Drop to load this model"));
}

}  // namespace diptych::ui
