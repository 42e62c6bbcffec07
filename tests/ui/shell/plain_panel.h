// A panel of labels and fields that counts what the shell asks of it.
#pragma once

#include <QAction>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>

#include "ui/widgets/panel.h"

class PlainPanel : public diptych::ui::Panel {
  Q_OBJECT

 public:
  PlainPanel(QString id, bool columns) : id_(std::move(id)), content_(new QWidget), field_(new QLineEdit(content_)) {
    auto* column = new QVBoxLayout(content_);
    field_->setAccessibleName(QStringLiteral("Question"));
    field_->setToolTip(QStringLiteral("What the model is asked"));
    column->addWidget(field_);
    if (columns) {
      list_ = new QListWidget;
      list_->setAccessibleName(QStringLiteral("Things"));
      inspector_ = new QLineEdit;
    }
    action_ = new QAction(QStringLiteral("Do it"), this);
    action_->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_J));
    connect(action_, &QAction::triggered, this, [this] { ++done; });
  }
  QString id() const override { return id_; }
  QString title() const override { return id_; }
  QString icon_name() const override { return QStringLiteral("chat"); }
  QWidget* list() override { return list_; }
  QWidget* content() override { return content_; }
  QWidget* inspector() override { return inspector_; }
  QList<QAction*> actions() override { return {action_}; }
  void create_new() override { ++created; }
  void find() override { ++found; }
  void shown() override { field_->setFocus(); }
  bool cancel() override { return std::exchange(running, false); }

  QLineEdit* field() { return field_; }

  int created = 0, found = 0, done = 0;
  bool running = false;

 private:
  QString id_;
  QWidget* content_;
  QLineEdit* field_;
  QListWidget* list_ = nullptr;
  QWidget* inspector_ = nullptr;
  QAction* action_;
};
