// Below the bases: what one can begin with instead, an example that comes along or a recipe of a file.
#pragma once

#include <QPushButton>
#include <QStringList>
#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace diptych::finetune {

class FinetuneController;

class BeginningsRow : public QWidget {
  Q_OBJECT

 public:
  explicit BeginningsRow(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  void choose_recipe();                           // asks for a file
  QWidget* open_button() const { return open_; }  // without a place of its own

 private:
  void list_examples();

  FinetuneController* controller_;
  QPushButton* open_;
  QLabel* invitation_;
  QHBoxLayout* examples_;
  QStringList shown_;
};

}  // namespace diptych::finetune
