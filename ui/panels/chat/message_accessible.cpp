#include "ui/panels/chat/message_accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QHash>
#include <QPointer>

#include "ui/panels/chat/message_view.h"

namespace diptych::chat {
namespace {

class MessageAccessible : public QAccessibleInterface {
 public:
  MessageAccessible(MessageView* view, const QString& id) : view_(view), id_(id) {}

  bool isValid() const override { return view_ && row() >= 0; }
  QObject* object() const override { return nullptr; }
  QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(view_); }
  QAccessibleInterface* child(int) const override { return nullptr; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }
  int childCount() const override { return 0; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QAccessible::Role role() const override { return QAccessible::ListItem; }
  void setText(QAccessible::Text, const QString&) override {}

  QRect rect() const override {
    const QRect rect = view_->message_rect(row());
    return {view_->viewport()->mapToGlobal(rect.topLeft()), rect.size()};
  }

  QString text(QAccessible::Text kind) const override {
    const Message* message = view_ ? view_->model()->find(id_) : nullptr;
    if (!message) return {};
    const QString author = message->role == Role::user ? MessageView::tr("You") : MessageView::tr("Answer");
    if (kind == QAccessible::Name) return author + QStringLiteral(": ") + message->text;
    if (kind == QAccessible::Value) return message->text;
    if (kind == QAccessible::Description && message->state == MessageState::interrupted)
      return MessageView::tr("Interrupted");
    return {};
  }

  QAccessible::State state() const override {
    QAccessible::State state;
    state.readOnly = true;
    state.focusable = true;
    state.selectable = true;
    const bool current = view_ && view_->current_row() == row();
    state.focused = current && view_->hasFocus();
    state.selected = current;
    state.offscreen = view_ && !view_->viewport()->rect().intersects(view_->message_rect(row()));
    return state;
  }

 private:
  int row() const { return view_ && view_->model() ? view_->model()->row_of(id_) : -1; }

  QPointer<MessageView> view_;
  QString id_;
};

class MessageViewAccessible : public QAccessibleWidget {
 public:
  explicit MessageViewAccessible(MessageView* view) : QAccessibleWidget(view, QAccessible::List), view_(view) {}
  ~MessageViewAccessible() override {
    for (const QAccessible::Id id : std::as_const(items_)) QAccessible::deleteAccessibleInterface(id);
  }

  // The messages first, then the widgets inside (buttons of what is on screen, scroll bar).
  int childCount() const override { return rows() + QAccessibleWidget::childCount(); }

  QAccessibleInterface* child(int index) const override {
    if (index >= rows()) return QAccessibleWidget::child(index - rows());
    if (index < 0) return nullptr;
    const QString id = view_->model()->message(index)->id;
    if (!items_.contains(id))
      items_.insert(id, QAccessible::registerAccessibleInterface(new MessageAccessible(view_, id)));
    return QAccessible::accessibleInterface(items_.value(id));
  }

  int indexOfChild(const QAccessibleInterface* item) const override {
    for (int i = 0; i < rows(); ++i)
      if (child(i) == item) return i;
    const int index = QAccessibleWidget::indexOfChild(item);
    return index < 0 ? index : index + rows();
  }

  QAccessibleInterface* focusChild() const override {
    if (view_->hasFocus() && view_->current_row() >= 0) return child(view_->current_row());
    return QAccessibleWidget::focusChild();
  }

 private:
  int rows() const { return view_->model() ? view_->model()->rowCount() : 0; }

  MessageView* view_;
  mutable QHash<QString, QAccessible::Id> items_;
};

QAccessibleInterface* make_interface(const QString& class_name, QObject* object) {
  if (class_name != QLatin1String(MessageView::staticMetaObject.className())) return nullptr;
  return new MessageViewAccessible(static_cast<MessageView*>(object));
}

}  // namespace

void install_message_accessibility() {
  static const bool installed = (QAccessible::installFactory(make_interface), true);
  Q_UNUSED(installed)
}

void announce_current_message(MessageView* view, int row) {
  if (!QAccessible::isActive() || row < 0) return;
  QAccessibleEvent event(view, QAccessible::Focus);
  event.setChild(row);
  QAccessible::updateAccessibility(&event);
}

}  // namespace diptych::chat
