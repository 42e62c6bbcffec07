#include "ui/panels/chat/undo_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <utility>

namespace diptych::chat {

UndoBar::UndoBar(QWidget* parent)
    : QWidget(parent), label_(new QLabel(this)), button_(new QPushButton(tr("Undo"), this)) {
  setObjectName(QStringLiteral("undoBar"));
  setAttribute(Qt::WA_StyledBackground);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(16, 8, 8, 8);
  row->addWidget(label_, 1);
  row->addWidget(button_);
  button_->setToolTip(tr("Undo (Ctrl+Z)"));
  timer_.setSingleShot(true);
  timer_.setInterval(shown_ms);
  connect(&timer_, &QTimer::timeout, this, [this] {
    undo_ = nullptr;
    hide();
  });
  connect(button_, &QPushButton::clicked, this, &UndoBar::undo);
  hide();
}

void UndoBar::offer(const QString& text, std::function<void()> undo) {
  undo_ = std::move(undo);
  label_->setText(text);
  setAccessibleName(text);
  button_->setAccessibleName(tr("Undo: %1").arg(text));
  show();
  timer_.start();
}

void UndoBar::undo() {
  timer_.stop();
  hide();
  if (const auto undo = std::exchange(undo_, nullptr)) undo();
}

void UndoBar::enterEvent(QEnterEvent* event) {
  timer_.stop();
  QWidget::enterEvent(event);
}

void UndoBar::leaveEvent(QEvent* event) {
  if (undo_) timer_.start();
  QWidget::leaveEvent(event);
}

}  // namespace diptych::chat
