#include "ui/panels/create/field_box.h"

#include <QEvent>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"

namespace diptych::create {

FieldBox::FieldBox(QWidget* editor, QWidget* parent) : QFrame(parent), editor_(editor) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(2, 2, 2, 2);
  layout->addWidget(editor);
  editor->installEventFilter(this);
}

bool FieldBox::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) update();
  return QFrame::eventFilter(watched, event);
}

void FieldBox::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  const bool focused = editor_->hasFocus();
  ui::paint_box(painter, rect(), ui::radius, palette.surface, focused ? palette.accent : palette.control,
                focused ? 2 : 1);
}

}  // namespace diptych::create
