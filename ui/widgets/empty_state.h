// What a list or a page shows when there is nothing in it: what this is, and the next step as a button.
#pragma once

#include <QWidget>

class QAction;
class QLabel;
class QPushButton;

namespace diptych::ui {

class EmptyState : public QWidget {
  Q_OBJECT

 public:
  EmptyState(const QString& icon_name, const QString& title, const QString& text, QWidget* parent = nullptr);

  // The first one is the primary button.
  QPushButton* add_action(const QString& text);
  void set_text(const QString& title, const QString& text);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void tint();

  QString icon_name_;
  QLabel* picture_;
  QLabel* title_;
  QLabel* text_;
  QWidget* buttons_;
};

}  // namespace diptych::ui
