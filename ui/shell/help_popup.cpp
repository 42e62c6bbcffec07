#include "ui/shell/help_popup.h"

#include <QAbstractButton>
#include <QAction>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QScreen>
#include <QTextDocumentFragment>
#include <QVBoxLayout>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::ui {
namespace {

constexpr int help_width = 320;

QString plain(const QString& text) {
  return Qt::mightBeRichText(text) ? QTextDocumentFragment::fromHtml(text).toPlainText() : text;
}

}  // namespace

HelpText help_for(const QWidget* widget) {
  HelpText help;
  for (; widget && help.empty(); widget = widget->isWindow() ? nullptr : widget->parentWidget()) {
    help.title = widget->accessibleName();
    if (const auto* button = qobject_cast<const QAbstractButton*>(widget); button && help.title.isEmpty())
      help.title = button->text().remove('&');
    QStringList said;
    for (const QString& text : {widget->whatsThis(), widget->accessibleDescription(), widget->toolTip()}) {
      const QString words = plain(text).trimmed();
      if (!words.isEmpty() && words != help.title && !said.contains(words)) said << words;
    }
    help.text = said.join(QStringLiteral("\n\n"));
  }
  return help;
}

HelpPopup::HelpPopup(QWidget* parent)
    : QFrame(parent, Qt::Popup | Qt::FramelessWindowHint), title_(new QLabel(this)), text_(new QLabel(this)) {
  setAttribute(Qt::WA_TranslucentBackground);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(2 * grid, 12, 2 * grid, 12);
  column->setSpacing(4);
  title_->setFont(text_font(TextSize::body, QFont::DemiBold));
  for (QLabel* label : {title_, text_}) {
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    column->addWidget(label);
  }
  setFixedWidth(help_width);
}

void HelpPopup::show_for(QWidget* widget) {
  HelpText help = help_for(widget);
  if (help.empty()) help.title = tr("Press Ctrl+K to find every command.");
  title_->setText(help.title);
  title_->setVisible(!help.title.isEmpty());
  text_->setText(help.text);
  text_->setVisible(!help.text.isEmpty());
  setAccessibleName(help.title);
  setAccessibleDescription(help.text);
  const int text_width = help_width - 4 * grid;
  const QMargins margins = layout()->contentsMargins();
  int high = margins.top() + margins.bottom();
  if (!help.title.isEmpty()) high += title_->heightForWidth(text_width);
  if (!help.text.isEmpty()) high += layout()->spacing() + text_->heightForWidth(text_width);
  resize(help_width, high);
  const QRect room = widget->screen()->availableGeometry();
  const QPoint below = widget->mapToGlobal(QPoint(0, widget->height() + 4));
  const int above = widget->mapToGlobal(QPoint()).y() - 4 - high;
  const int y = below.y() + high <= room.bottom() ? below.y() : above >= room.top() ? above : room.bottom() - high;
  move(std::clamp(below.x(), room.left(), std::max(room.left(), room.right() - help_width)), y);
  show();
}

void HelpPopup::keyPressEvent(QKeyEvent* event) {
  close();
  event->accept();
}

void HelpPopup::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Palette& palette = theme_palette();
  paint_box(painter, rect(), radius, palette.surface, palette.control);
}

}  // namespace diptych::ui
