#include "ui/panels/finetune/word_form.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/panels/finetune/page_frame.h"
#include "ui/panels/finetune/recipe_form.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/panels/finetune/word_check.h"

namespace diptych::finetune {

namespace {

constexpr int most_word_vectors = 75;  // a window of CLIP, as the recipe allows
constexpr int longest_word = 60;       // letters

}  // namespace

WordForm::WordForm(WordCheck* check, RecipeForm* form, QWidget* parent)
    : QWidget(parent),
      check_(check),
      form_(form),
      problem_(new QLabel(this)),
      captions_(new QLabel(this)),
      name_(new QPushButton(tr("Put it before all"), this)) {
  form_->setParent(this);
  form_->add_title(tr("The word"));
  word_ = form_->add_text(
      QStringLiteral("token"), tr("Word"),
      tr("What prompts will call it: one word that does not exist yet. Angle brackets keep it apart: <fox>."),
      [check](const QString& text) { check->set_word(text); });
  word_->setMaxLength(longest_word);
  QLineEdit* start = form_->add_text(
      QStringLiteral("token_start"), tr("Begins as"),
      tr("A word for what the pictures show, such as “cat” or “painting”: it is learnt sooner from there. "
         "Empty: nothing in particular."));
  start->setPlaceholderText(tr("nothing in particular"));
  form_->add_number(QStringLiteral("token_vectors"), tr("Vectors"),
                    tr("How much it can hold: one or two for a thing, up to eight for a style with many pictures. Each "
                       "takes a place in the prompt."),
                    1, most_word_vectors);
  form_->add_text(QStringLiteral("image.caption_prefix"), tr("Before captions"),
                  tr("Stands in front of every caption while it is trained; the files stay as they are."));
  for (QLabel* label : {problem_, captions_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
  }
  problem_->setObjectName(QStringLiteral("wordProblem"));
  problem_->setForegroundRole(QPalette::BrightText);
  captions_->setObjectName(QStringLiteral("wordCaptions"));
  captions_->setForegroundRole(QPalette::PlaceholderText);
  name_->setObjectName(QStringLiteral("nameWord"));
  name_->setAutoDefault(false);
  name_->setToolTip(tr("Writes “a photo of” and the word into “Before captions”"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addWidget(form_);
  column->addWidget(problem_);
  column->addWidget(captions_);
  column->addWidget(name_, 0, Qt::AlignLeft);
  connect(name_, &QPushButton::clicked, check, &WordCheck::name_in_captions);
  connect(check, &WordCheck::changed, this, &WordForm::refresh);
  refresh();
}

QString WordForm::captions_text() const {
  const auto& report = check_->report();
  if (!report || report->captions == 0) return {};
  const QString word = check_->word();
  if (report->named == 0) return tr("No caption names %1: nothing would be learnt.").arg(word);
  if (report->named == report->captions) return tr("Every caption names %1.").arg(word);
  return tr("%1 of %2 captions name %3; pictures of the others teach nothing.")
      .arg(count_text(report->named), count_text(report->captions), word);
}

void WordForm::refresh() {
  const bool shown = check_->learns_word();
  setVisible(shown);
  if (!shown) return;
  const QString problem = check_->problem(), captions = captions_text();
  problem_->setText(problem);
  problem_->setVisible(!problem.isEmpty());
  word_->setAccessibleDescription(problem);
  captions_->setText(captions);
  const auto& report = check_->report();
  const bool missing = problem.isEmpty() && report && report->named < report->captions;
  captions_->setVisible(problem.isEmpty() && !captions.isEmpty());
  name_->setVisible(missing);
}

}  // namespace diptych::finetune
