#include "ui/panels/finetune/beginnings_row.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <utility>

#include "ui/client/text.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/page_frame.h"
#include "ui/theme/style.h"

namespace diptych::finetune {

using ui::qt;

BeginningsRow::BeginningsRow(FinetuneController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      open_(new QPushButton(tr("Open a recipe…"), this)),
      invitation_(new QLabel(tr("Or try an example:"), this)),
      examples_(new QHBoxLayout) {
  invitation_->setForegroundRole(QPalette::PlaceholderText);
  open_->setObjectName(QStringLiteral("openRecipe"));
  open_->setAutoDefault(false);
  open_->setToolTip(tr("A TOML configuration of kohya’s scripts, or a recipe of “diptych finetune”"));
  examples_->setSpacing(ui::grid);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(ui::grid);
  row->addWidget(invitation_);
  row->addLayout(examples_);
  row->addStretch(1);
  connect(open_, &QPushButton::clicked, this, &BeginningsRow::choose_recipe);
  connect(controller, &FinetuneController::examples_changed, this, &BeginningsRow::list_examples);
  list_examples();
}

void BeginningsRow::list_examples() {
  QStringList names;
  for (const api::TrainingExample& one : controller_->examples()) names << qt(one.name);
  invitation_->setVisible(!names.isEmpty());
  if (std::exchange(shown_, names) == names) return;
  while (QLayoutItem* item = examples_->takeAt(0)) {
    item->widget()->deleteLater();
    delete item;
  }
  for (const api::TrainingExample& one : controller_->examples()) {
    const QString name = qt(one.name);
    auto* button = new QPushButton(qt(one.title), this);
    button->setObjectName(QStringLiteral("example_") + name);
    button->setAutoDefault(false);
    button->setToolTip(qt(one.text) + QLatin1Char('\n') + tr("On %1").arg(qt(one.base_name)));
    button->setAccessibleDescription(qt(one.text));
    examples_->addWidget(button);
    connect(button, &QPushButton::clicked, controller_, [this, name] { controller_->begin_example(name); });
  }
}

void BeginningsRow::choose_recipe() {
  auto* dialog = new QFileDialog(this, tr("A recipe to begin with"), {}, tr("Recipes (*.toml *.json);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, controller_, &FinetuneController::import_recipe);
  dialog->open();
}

}  // namespace diptych::finetune
