// The window's own commands and their keys.
#include <QAction>
#include <QActionGroup>
#include <QApplication>

#include "ui/shell/columns.h"
#include "ui/shell/help_popup.h"
#include "ui/shell/main_window.h"
#include "ui/shell/navigation_rail.h"
#include "ui/theme/icons.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/command_palette.h"

namespace diptych::ui {

QAction* MainWindow::add_command(const QString& text, const QString& icon_name, const QKeySequence& keys,
                                 const std::function<void()>& run) {
  auto* action = new QAction(text, this);
  if (!icon_name.isEmpty()) action->setIcon(icon(icon_name));
  action->setShortcut(keys);
  connect(action, &QAction::triggered, this, run);
  addAction(action);
  commands_ << action;
  return action;
}

void MainWindow::make_actions() {
  QAction* palette = add_command(tr("Find a command"), QStringLiteral("command"), QKeySequence(Qt::CTRL | Qt::Key_K),
                                 [this] { open_palette(); });
  add_command(tr("New"), QStringLiteral("plus"), QKeySequence::New, [this] {
    if (panel_) panel_->create_new();
  });
  add_command(tr("Find"), QStringLiteral("search"), QKeySequence::Find, [this] {
    if (panel_) panel_->find();
  });
  add_command(tr("Undo the last removal"), QStringLiteral("undo"), QKeySequence::Undo, [this] {
    if (undo_->can_undo()) undo_->undo();
  });
  add_command(tr("Help for the focused control"), QStringLiteral("help"), QKeySequence(Qt::Key_F1), [this] {
    QWidget* focused = QApplication::focusWidget();
    help_->show_for(focused && focused->window() == this ? focused : centralWidget());
  });
  fold_list_ = add_command(tr("Show or hide the list"), QStringLiteral("sidebar-left"), QKeySequence(Qt::Key_F9),
                           [this] { columns_->toggle(Columns::Side::list); });
  fold_inspector_ = add_command(tr("Show or hide the inspector"), QStringLiteral("sidebar-right"),
                                QKeySequence(Qt::Key_F10), [this] { columns_->toggle(Columns::Side::inspector); });
  add_command(tr("Full screen"), {}, QKeySequence(Qt::Key_F11),
              [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
  add_command(tr("Quit"), {}, QKeySequence::Quit, [this] { close(); });
  for (QAction* action : {palette, fold_list_, fold_inspector_}) rail_->add_command(action);
}

void MainWindow::update_folds() {
  fold_list_->setEnabled(columns_->has(Columns::Side::list));
  fold_inspector_->setEnabled(columns_->has(Columns::Side::inspector));
}

void MainWindow::open_palette() {
  palette_->open((panel_ ? panel_->actions() : QList<QAction*>()) + panel_actions_->actions() + commands_);
}

}  // namespace diptych::ui
