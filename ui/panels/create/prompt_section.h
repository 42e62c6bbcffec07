// Prompt and negative prompt, each with what it takes of the text encoders' windows.
#pragma once

#include <QWidget>

class QLabel;

namespace diptych::create {

class CreateController;
class PromptEditor;

class PromptSection : public QWidget {
  Q_OBJECT

 public:
  explicit PromptSection(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  PromptEditor* prompt() const { return prompt_; }
  PromptEditor* negative() const { return negative_; }

 private:
  QLabel* add(const QString& title, PromptEditor* editor);
  void refresh();
  void show_tokens();

  CreateController* controller_;
  PromptEditor* prompt_;
  PromptEditor* negative_;
  QWidget* negative_page_ = nullptr;
  QLabel* prompt_tokens_;
  QLabel* negative_tokens_;
};

}  // namespace diptych::create
