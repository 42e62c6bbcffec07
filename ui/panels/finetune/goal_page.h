// Step 3: what shall be learnt, as goals in words; every value behind "Advanced".
#pragma once

#include "ui/panels/finetune/page_frame.h"

class QButtonGroup;
class QGridLayout;
class QPushButton;
class QToolButton;

namespace diptych::finetune {

class FinetuneController;
class GoalCard;
class RecipeForm;
class WordForm;

class GoalPage : public PageFrame {
  Q_OBJECT

 public:
  explicit GoalPage(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  QList<GoalCard*> cards() const { return cards_; }
  QToolButton* advanced() const { return advanced_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void list_goals();
  void refresh();
  void arrange();

  FinetuneController* controller_;
  QButtonGroup* group_;
  QGridLayout* grid_;
  QList<GoalCard*> cards_;
  QLabel* status_;
  QLabel* reasons_;
  QLabel* no_word_;
  WordForm* word_;
  QToolButton* advanced_;
  QLabel* changed_;
  QPushButton* reset_;
  RecipeForm* form_;
  int columns_ = 0;
};

}  // namespace diptych::finetune
