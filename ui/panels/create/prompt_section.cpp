#include "ui/panels/create/prompt_section.h"

#include <QHBoxLayout>
#include <QLabel>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/field_box.h"
#include "ui/panels/create/figures.h"
#include "ui/panels/create/prompt_editor.h"
#include "ui/theme/typography.h"

namespace diptych::create {

PromptSection::PromptSection(CreateController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      prompt_(new PromptEditor(3, 8, this)),
      negative_(new PromptEditor(1, 4, this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  prompt_tokens_ = add(tr("Prompt"), prompt_);
  negative_tokens_ = add(tr("Negative prompt"), negative_);
  negative_page_ = negative_tokens_->parentWidget();
  prompt_->setObjectName(QStringLiteral("prompt"));
  negative_->setObjectName(QStringLiteral("negativePrompt"));
  prompt_->setPlaceholderText(tr("What the picture shows"));
  negative_->setPlaceholderText(tr("What it should not show"));
  const QString keys = tr("Ctrl+Enter generates, Ctrl+Up and Ctrl+Down change the weight of a word, <lora: completes");
  for (PromptEditor* editor : {prompt_, negative_}) {
    editor->setAccessibleDescription(keys);
    editor->setWhatsThis(keys);
    connect(editor, &PromptEditor::generate_requested, controller, &CreateController::generate);
  }
  SettingsStore* store = controller->store();
  connect(prompt_, &PromptEditor::edited, this, [store](const QString& text) {
    store->change([&](api::ImageSettings& settings) { settings.prompt = ui::utf8(text); });
  });
  connect(negative_, &PromptEditor::edited, this, [store](const QString& text) {
    store->change([&](api::ImageSettings& settings) {
      settings.negative = text.isEmpty() ? std::nullopt : std::optional(ui::utf8(text));
    });
  });
  connect(store, &SettingsStore::changed, this, &PromptSection::refresh);
  connect(store, &SettingsStore::model_changed, this, &PromptSection::refresh);
  connect(controller, &CreateController::estimate_changed, this, &PromptSection::show_tokens);
  connect(controller, &CreateController::files_changed, this, [this] {
    for (PromptEditor* editor : {prompt_, negative_})
      editor->set_adapters(controller_->file_names(api::ImageFileKind::adapter));
  });
  refresh();
  show_tokens();
}

QLabel* PromptSection::add(const QString& title, PromptEditor* editor) {
  auto* page = new QWidget(this);
  auto* label = new QLabel(title, page);
  label->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  label->setBuddy(editor);
  auto* tokens = new QLabel(page);
  tokens->setFont(ui::text_font(ui::TextSize::caption));
  tokens->setForegroundRole(QPalette::PlaceholderText);
  tokens->setObjectName(QStringLiteral("tokens"));
  editor->setAccessibleName(title);
  auto* line = new QHBoxLayout;
  line->addWidget(label);
  line->addStretch(1);
  line->addWidget(tokens);
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(4);
  layout->addLayout(line);
  layout->addWidget(new FieldBox(editor, page));
  this->layout()->addWidget(page);
  return tokens;
}

void PromptSection::refresh() {
  const api::ImageSettings& settings = controller_->store()->settings();
  prompt_->set_text(ui::qt(settings.prompt));
  negative_->set_text(ui::qt(settings.negative.value_or("")));
  const api::ImageModelInfo* model = controller_->store()->model();
  negative_page_->setVisible(!model || model->uses_negative);
  prompt_->setEnabled(!model || model->uses_prompt);
}

void PromptSection::show_tokens() {
  const auto& estimate = controller_->estimate();
  const std::vector<api::PromptTokens> none;
  const std::vector<api::PromptTokens>& tokens = estimate ? estimate->tokens : none;
  prompt_tokens_->setText(token_line(tokens, false));
  negative_tokens_->setText(negative_->text().isEmpty() ? QString() : token_line(tokens, true));
  for (QLabel* label : {prompt_tokens_, negative_tokens_}) {
    label->setToolTip(token_tooltip(tokens, label == negative_tokens_));
    label->setForegroundRole(tokens_are_cut(tokens, label == negative_tokens_) ? QPalette::BrightText
                                                                               : QPalette::PlaceholderText);
  }
}

}  // namespace diptych::create
