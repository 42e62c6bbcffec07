// The settings at the right, in the order in which people change them. The prompt and Generate stay in sight.
#pragma once

#include <QWidget>

class QScrollArea;

namespace diptych::create {

class AdvancedSection;
class CreateController;
class GenerateBar;
class InputSection;
class PromptSection;

class ParametersPane : public QWidget {
  Q_OBJECT

 public:
  explicit ParametersPane(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  PromptSection* prompts() const { return prompts_; }
  GenerateBar* generate_bar() const { return generate_; }
  InputSection* input() const { return input_; }
  AdvancedSection* advanced() const { return advanced_; }

 private:
  PromptSection* prompts_;
  GenerateBar* generate_;
  QScrollArea* scroll_;
  InputSection* input_ = nullptr;
  AdvancedSection* advanced_ = nullptr;
};

}  // namespace diptych::create
