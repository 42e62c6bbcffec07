// What can be done with the picture that is shown, for the bar above it, the gallery's menu and the command palette.
#pragma once

#include <QAction>
#include <QObject>
#include <functional>

namespace diptych::create {

class CreateActions : public QObject {
  Q_OBJECT

 public:
  explicit CreateActions(QObject* parent = nullptr);

  QAction* generate;
  QAction* cancel;
  QAction* fit;
  QAction* actual_size;
  QAction* compare;
  QAction* mask;
  QAction* use_as_input;
  QAction* upscale;
  QAction* favourite;
  QAction* copy;
  QAction* save_as;
  QAction* reveal;
  QAction* reuse_seed;
  QAction* reuse_settings;
  QAction* remove;
  QAction* paste;
  QAction* open_input;
  QAction* plot;
  QAction* show_plot;
  QAction* queue;
  QAction* focus_prompt;

  const QList<QAction*>& all() const { return all_; }
  // What needs a picture of the gallery; `plot`: it shows one as a whole.
  void set_picture(bool shown, bool favourite, bool local, bool plot);

 private:
  QAction* add(const QString& icon_name, const QString& text, const QKeySequence& keys = {});

  QList<QAction*> all_;
};

}  // namespace diptych::create
