#include "ui/panels/finetune/result_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/compare_view.h"
#include "ui/panels/finetune/export_form.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/panels/finetune/word_recipe.h"
#include "ui/theme/style.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {

using ui::qt;

ResultPage::ResultPage(FinetuneController* controller, QWidget* parent)
    : PageFrame(tr("Result"), {}, parent),
      controller_(controller),
      about_(new QLabel(page())),
      results_(new QComboBox(page())),
      use_(new QPushButton(page())),
      compare_(new CompareView(controller, page())),
      export_(new ExportForm(controller, page())) {
  about_->setForegroundRole(QPalette::PlaceholderText);
  about_->setWordWrap(true);
  about_->setTextFormat(Qt::PlainText);
  about_->setObjectName(QStringLiteral("aboutResult"));
  results_->setObjectName(QStringLiteral("results"));
  results_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  results_->setMinimumContentsLength(26);
  results_->setAccessibleName(tr("Which result"));
  results_->setToolTip(
      tr("The end of the run, or how far it was at a checkpoint: an earlier one may have remembered less "
         "by heart"));
  use_->setObjectName(QStringLiteral("useResult"));
  use_->setProperty("primary", true);
  use_->setAutoDefault(false);
  auto* row = new QHBoxLayout;
  row->setSpacing(ui::grid);
  row->addWidget(results_);
  row->addWidget(use_);
  row->addStretch(1);
  body()->addWidget(about_);
  body()->addLayout(row);
  body()->addWidget(make_heading(tr("Compare"), page()));
  body()->addWidget(compare_);
  body()->addWidget(make_heading(tr("Export"), page()));
  body()->addWidget(export_);
  body()->addStretch(1);
  connect(results_, &QComboBox::currentIndexChanged, this, &ResultPage::choose);
  connect(use_, &QPushButton::clicked, this, [this] {
    if (const api::TrainingResult* result = chosen()) controller_->use(api::TrainingResult(*result));
  });
  connect(controller->watch(), &RunWatch::run_changed, this, &ResultPage::refresh);
  connect(controller->watch(), &RunWatch::opened, this, &ResultPage::refresh);
  refresh();
}

void ResultPage::refresh() {
  const api::TrainingRun* run = controller_->watch()->run();
  if (!run) return;
  set_title(qt(run->name));
  QStringList parts{qt(run->base), run_state_text(*run)};
  if (learns_word(run->recipe)) parts.prepend(tr("the word %1").arg(word_of(run->recipe)));
  if (run->loss) parts << tr("loss ● %1").arg(ui::format_number(*run->loss));
  if (run->validation_loss) parts << tr("validation ● %1").arg(ui::format_number(*run->validation_loss));
  if (run->seconds > 0) parts << tr("computed for %1").arg(ui::format_duration_s(run->seconds));
  about_->setText(parts.join(QStringLiteral(" · ")));
  const QString before = results_->currentData().toString();
  {
    const QSignalBlocker quiet(results_);
    results_->clear();
    for (const api::TrainingResult& result : run->results) {
      const QString size = ui::format_bytes(static_cast<double>(result.size_bytes));
      results_->addItem(result.is_final ? tr("The end of the run (%1)").arg(size)
                                        : tr("Step %1 (%2)").arg(count_text(result.step), size),
                        qt(result.path));
    }
    results_->setCurrentIndex(std::max(0, results_->findData(before)));
  }
  results_->setVisible(!run->results.empty());
  choose();
}

const api::TrainingResult* ResultPage::chosen() const {
  const api::TrainingRun* run = controller_->watch()->run();
  const int at = results_->currentIndex();
  return run && at >= 0 && static_cast<size_t>(at) < run->results.size() ? &run->results[static_cast<size_t>(at)]
                                                                         : nullptr;
}

void ResultPage::choose() {
  const api::TrainingResult* result = chosen();
  use_->setVisible(result != nullptr);
  if (!result) return;
  const bool images = result->kind == api::TrainingKind::image;
  use_->setText(images ? tr("Use in Create") : tr("Use in Chat"));
  use_->setToolTip(result->is_embedding
                       ? tr("Keeps the word among the embeddings and opens Create with it in the prompt")
                   : images ? tr("Opens Create with this base and this adapter")
                            : tr("Opens a new conversation with this base and this adapter"));
  compare_->set_result(*result);
  export_->set_result(*result);
}

}  // namespace diptych::finetune
