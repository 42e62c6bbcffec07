// One panel of the window: what it puts into the list, the content and the inspector, and what it can do.
#pragma once

#include <QList>
#include <QObject>
#include <functional>

class QAction;
class QWidget;

namespace diptych::ui {

// What went wrong, in the user's words; the next step is a button.
struct Notice {
  enum class Level { info, warning, error };

  Level level = Level::error;
  QString text;          // what happened, to what, and why
  QString action_label;  // empty: none
  std::function<void()> action;
};

class Panel : public QObject {
  Q_OBJECT

 public:
  explicit Panel(QObject* parent = nullptr) : QObject(parent) {}

  virtual QString id() const = 0;  // "chat": stable, used in stored state
  virtual QString title() const = 0;
  virtual QString icon_name() const = 0;  // of resources/icons
  // Made once, owned by whoever parents them; list and inspector may be null.
  virtual QWidget* list() { return nullptr; }
  virtual QWidget* content() = 0;
  virtual QWidget* inspector() { return nullptr; }
  virtual bool inspector_leads() const { return false; }  // work starts in it: in a narrow window it stays the longest
  virtual QList<QAction*> actions() { return {}; }        // for the command palette; their shortcuts hold in the window
  virtual void create_new() {}                            // Ctrl+N
  virtual void find() {}                                  // Ctrl+F
  virtual void shown() {}                  // has become the visible panel: put the focus where work starts
  virtual bool cancel() { return false; }  // first Esc: stops what is running; false: nothing is

 signals:
  void notice(const diptych::ui::Notice& notice);
  void undo_offered(const QString& text, const std::function<void()>& undo);
};

}  // namespace diptych::ui
