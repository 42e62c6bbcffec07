// The new word of a goal that learns one: its fields, what is wrong with it, and whether the captions name it.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace diptych::finetune {

class RecipeForm;
class WordCheck;

class WordForm : public QWidget {
  Q_OBJECT

 public:
  WordForm(WordCheck* check, RecipeForm* form, QWidget* parent = nullptr);  // `check` must outlive it; takes `form`

 private:
  void refresh();
  QString captions_text() const;

  WordCheck* check_;
  RecipeForm* form_;
  QLineEdit* word_;
  QLabel* problem_;
  QLabel* captions_;
  QPushButton* name_;
};

}  // namespace diptych::finetune
