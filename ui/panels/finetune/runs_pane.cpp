#include "ui/panels/finetune/runs_pane.h"

#include <QKeyEvent>
#include <QListView>
#include <QMenu>
#include <QToolButton>

#include "ui/panels/finetune/row_delegate.h"

namespace diptych::finetune {

RunsPane::RunsPane(FinetuneController* controller, QWidget* parent)
    : SearchList(parent), controller_(controller), model_(controller) {
  setObjectName(QStringLiteral("runsPane"));
  name_search(tr("Search runs"), tr("Search drafts and runs"));
  name_button(QStringLiteral("plus"), tr("New fine-tuning"), tr("New fine-tuning (Ctrl+N)"));
  name_list(tr("Drafts and runs"));
  button()->setObjectName(QStringLiteral("newDraft"));
  list()->setObjectName(QStringLiteral("runList"));
  list()->setModel(&model_);
  list()->setItemDelegate(new RowDelegate({.detail = RunListModel::detail_role,
                                           .word = RunListModel::word_role,
                                           .enabled = 0,
                                           .progress = RunListModel::progress_role},
                                          list()));
  list()->setEditTriggers(QAbstractItemView::EditKeyPressed);
  connect(button(), &QToolButton::clicked, controller, [controller] { controller->new_draft(); });
  connect(this, &SearchList::search_changed, &model_, &RunListModel::set_filter);
  connect(list()->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& at) {
    const QString id = at.data(RunListModel::id_role).toString();
    if (!id.isEmpty()) controller_->open(id);
  });
  connect(list(), &QListView::customContextMenuRequested, this, &RunsPane::show_menu);
  connect(&model_, &QAbstractItemModel::modelReset, this, [this] {
    show_current();
    update_empty();
  });
  connect(controller, &FinetuneController::opened, this, &RunsPane::show_current);
  show_current();
  update_empty();
}

QString RunsPane::current() const {
  return list()->currentIndex().data(RunListModel::id_role).toString();
}

void RunsPane::rename_current() {
  if (list()->currentIndex().isValid()) list()->edit(list()->currentIndex());
}

void RunsPane::show_current() {
  const QModelIndex at = model_.index_of(controller_->current());
  if (at.isValid())
    list()->setCurrentIndex(at);
  else
    list()->selectionModel()->clear();
}

void RunsPane::update_empty() {
  show_empty(model_.rowCount() == 0, search().isEmpty() ? tr("No runs yet.\nPress + to begin one.")
                                                        : tr("Nothing found for “%1”.").arg(search()));
}

void RunsPane::show_menu(const QPoint& at) {
  const QString id = list()->indexAt(at).data(RunListModel::id_role).toString();
  if (id.isEmpty()) return;
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  connect(menu->addAction(tr("Rename\tF2")), &QAction::triggered, this, &RunsPane::rename_current);
  if (!controller_->drafts()->find(id))
    connect(menu->addAction(tr("Another like this")), &QAction::triggered, this,
            [this, id] { controller_->another_like(id); });
  menu->addSeparator();
  connect(menu->addAction(tr("Delete\tDel")), &QAction::triggered, this, [this, id] { controller_->remove(id); });
  menu->popup(list()->viewport()->mapToGlobal(at));
}

bool RunsPane::list_key(QKeyEvent* event) {
  if (event->key() != Qt::Key_Delete || current().isEmpty()) return false;
  controller_->remove(current());
  return true;
}

}  // namespace diptych::finetune
