#include "ui/widgets/bars.h"

#include <QAccessible>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <utility>

#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/theme.h"

namespace diptych::ui {

Bar::Bar(QWidget* parent)
    : QFrame(parent),
      picture_(new QLabel(this)),
      label_(new QLabel(this)),
      action_(new QPushButton(this)),
      close_(new QToolButton(this)) {
  setFrameShape(QFrame::NoFrame);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(2 * grid, grid, grid, grid);
  row->setSpacing(grid);
  label_->setWordWrap(true);
  label_->setTextFormat(Qt::PlainText);
  label_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  close_->setIcon(icon(QStringLiteral("close")));
  close_->setAutoRaise(true);
  close_->setAccessibleName(tr("Dismiss"));
  close_->setToolTip(tr("Dismiss"));
  row->addWidget(picture_);
  row->addWidget(label_, 1);
  row->addWidget(action_);
  row->addWidget(close_);
  connect(action_, &QPushButton::clicked, this, [this] { acted(); });
  hide();
}

QString Bar::text() const {
  return label_->text();
}

void Bar::show_text(const QString& icon_name, const QColor& tint, const QString& text, const QString& action) {
  tint_ = tint;
  picture_->setPixmap(icon_pixmap(icon_name, 20, tint, devicePixelRatioF()));
  label_->setText(text);
  label_->setAccessibleName(text);
  setAccessibleName(text);
  action_->setText(action);
  action_->setVisible(!action.isEmpty());
  show();
  QAccessibleEvent event(this, QAccessible::Alert);
  QAccessible::updateAccessibility(&event);
  update();
}

void Bar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Palette& palette = theme_palette();
  painter.fillRect(rect(), palette.raised);
  painter.fillRect(0, 0, width(), 1, palette.border);
  painter.fillRect(0, 0, 3, height(), tint_);
}

UndoBar::UndoBar(QWidget* parent) : Bar(parent) {
  timer_.setSingleShot(true);
  timer_.setInterval(shown_ms);
  const auto leave = [this] {
    undo_ = nullptr;
    hide();
  };
  connect(&timer_, &QTimer::timeout, this, leave);
  connect(close_, &QToolButton::clicked, this, leave);
}

void UndoBar::offer(const QString& text, std::function<void()> undo) {
  undo_ = std::move(undo);
  timer_.start();
  show_text(QStringLiteral("undo"), theme_palette().accent, text, tr("Undo"));
}

void UndoBar::acted() {
  timer_.stop();
  hide();
  if (const auto undo = std::exchange(undo_, nullptr)) undo();
}

bool UndoBar::event(QEvent* event) {
  // Whoever is reaching for the button keeps it.
  if (event->type() == QEvent::Enter) timer_.stop();
  if (event->type() == QEvent::Leave && undo_) timer_.start();
  return Bar::event(event);
}

NoticeBar::NoticeBar(QWidget* parent) : Bar(parent) {
  timer_.setSingleShot(true);
  timer_.setInterval(6000);
  connect(&timer_, &QTimer::timeout, this, &NoticeBar::dismiss);
  connect(close_, &QToolButton::clicked, this, &NoticeBar::dismiss);
}

void NoticeBar::show_notice(const Notice& notice) {
  waiting_.removeIf([&](const Notice& one) { return one.text == notice.text; });
  if (notice_.action && notice_.text != notice.text) waiting_ << notice_;
  show_now(notice);
}

void NoticeBar::show_now(const Notice& notice) {
  notice_ = notice;
  const Palette& palette = theme_palette();
  switch (notice.level) {
    case Notice::Level::info:
      show_text(QStringLiteral("info"), palette.accent, notice.text, notice.action_label);
      break;
    case Notice::Level::warning:
      show_text(QStringLiteral("warning"), palette.warning, notice.text, notice.action_label);
      break;
    case Notice::Level::error:
      show_text(QStringLiteral("error"), palette.danger, notice.text, notice.action_label);
      break;
  }
  if (notice.level == Notice::Level::info && !notice.action)
    timer_.start();
  else
    timer_.stop();
}

void NoticeBar::dismiss() {
  timer_.stop();
  notice_ = {};
  if (waiting_.isEmpty()) return hide();
  show_now(waiting_.takeLast());
}

void NoticeBar::acted() {
  const auto action = notice_.action;
  dismiss();
  if (action) action();
}

}  // namespace diptych::ui
