#include "ui/panels/chat/find_bar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

#include "ui/panels/chat/message_view.h"
#include "ui/theme/icons.h"

namespace diptych::chat {

FindBar::FindBar(MessageView* view, QWidget* parent)
    : QWidget(parent),
      view_(view),
      field_(new QLineEdit(this)),
      status_(new QLabel(this)),
      previous_(new QToolButton(this)),
      next_(new QToolButton(this)) {
  setObjectName(QStringLiteral("findBar"));
  auto* close = new QToolButton(this);
  field_->setPlaceholderText(tr("Find in this conversation"));
  field_->setAccessibleName(tr("Find in this conversation"));
  field_->setToolTip(tr("Enter goes to the next match, Shift+Enter to the one before"));
  field_->setClearButtonEnabled(true);
  field_->setMaximumWidth(320);
  field_->installEventFilter(this);
  status_->setForegroundRole(QPalette::PlaceholderText);
  status_->setMinimumWidth(72);
  const auto dress = [](QToolButton* button, const char* picture, const QString& name) {
    button->setIcon(ui::icon(QLatin1String(picture)));
    button->setIconSize({18, 18});
    button->setFixedSize(32, 32);
    button->setAutoRaise(true);
    button->setToolTip(name);
    button->setAccessibleName(name);
  };
  dress(previous_, "arrow-up", tr("Previous match"));
  dress(next_, "arrow-down", tr("Next match"));
  dress(close, "close", tr("Close the search"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(16, 0, 16, 8);
  row->setSpacing(4);
  row->addWidget(field_, 1);
  row->addSpacing(4);
  row->addWidget(status_);
  row->addWidget(previous_);
  row->addWidget(next_);
  row->addStretch(1);
  row->addWidget(close);
  connect(field_, &QLineEdit::textChanged, this, &FindBar::search);
  connect(previous_, &QToolButton::clicked, this, [this] { step(-1); });
  connect(next_, &QToolButton::clicked, this, [this] { step(1); });
  connect(close, &QToolButton::clicked, this, &FindBar::close_bar);
  hide();
}

void FindBar::open() {
  show();
  const QString selected = view_->selected_text();
  if (!selected.isEmpty() && !selected.contains(QLatin1Char('\n'))) field_->setText(selected);
  field_->setFocus(Qt::ShortcutFocusReason);
  field_->selectAll();
  search();
}

void FindBar::close_bar() {
  hide();
  view_->clear_matches();
  emit closed();
}

QString FindBar::status() const {
  return status_->text();
}

void FindBar::search() {
  count_ = view_->find(field_->text());
  current_ = view_->match_in_view();
  show_current();
}

void FindBar::step(int by) {
  const int before = current_;
  count_ = view_->find(field_->text());  // an answer may have grown meanwhile
  current_ = count_ == 0 ? -1 : (std::max(before, 0) + by + count_) % count_;
  show_current();
}

void FindBar::show_current() {
  const bool any = count_ > 0;
  previous_->setEnabled(any);
  next_->setEnabled(any);
  status_->setText(field_->text().isEmpty() ? QString()
                   : any                    ? tr("%1 of %2").arg(current_ + 1).arg(count_)
                                            : tr("No match"));
  field_->setAccessibleDescription(status_->text());
  if (any) view_->show_match(current_);
}

bool FindBar::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  if (key->key() == Qt::Key_Escape) {
    close_bar();
    return true;
  }
  if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
    step(key->modifiers().testFlag(Qt::ShiftModifier) ? -1 : 1);
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace diptych::chat
