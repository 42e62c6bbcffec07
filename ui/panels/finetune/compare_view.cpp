#include "ui/panels/finetune/compare_view.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>

#include "ui/client/text.h"
#include "ui/panels/finetune/answer_card.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/page_frame.h"
#include "ui/panels/finetune/word_recipe.h"
#include "ui/theme/style.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {

using ui::utf8;

namespace {

// The first prompt to try: what the run was sampled with; of a word one that names it.
QString first_prompt(const api::TrainingRun& run) {
  const bool of_word = learns_word(run.recipe);
  const QString word = word_of(run.recipe);
  const auto found = run.recipe.find("sample_prompts");
  if (found != run.recipe.end() && found->is_array())
    for (const api::Json& prompt : *found)
      if (prompt.is_string())
        if (const QString text = ui::qt(prompt.get<std::string>()); !of_word || names_word(text, word)) return text;
  return of_word ? word_prompt(word) : QString();
}

}  // namespace

CompareView::CompareView(FinetuneController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      prompt_(new QLineEdit(this)),
      seed_(new QLineEdit(this)),
      strength_(new QLabel(tr("Strength"), this)),
      scale_(new QDoubleSpinBox(this)),
      blind_(new QCheckBox(tr("Blind"), this)),
      compare_(new QPushButton(this)),
      about_word_(make_quiet({}, this)),
      answers_(new QWidget(this)),
      left_(new AnswerCard(answers_)),
      right_(new AnswerCard(answers_)),
      judge_(new QWidget(this)),
      verdict_(make_quiet({}, this)) {
  prompt_->setObjectName(QStringLiteral("comparePrompt"));
  prompt_->setPlaceholderText(tr("A prompt to try on both"));
  prompt_->setAccessibleName(tr("Prompt to compare with"));
  seed_->setPlaceholderText(tr("any seed"));
  seed_->setAccessibleName(tr("Seed of both"));
  seed_->setFont(ui::monospace(ui::TextSize::body));
  seed_->setFixedWidth(104);
  seed_->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,18}")), seed_));
  scale_->setRange(0, 4);
  scale_->setSingleStep(0.1);
  scale_->setValue(1);
  scale_->setFixedWidth(80);
  scale_->setAccessibleName(tr("Strength of the adapter"));
  scale_->setToolTip(tr("Strength of the adapter; 0 is the base"));
  blind_->setObjectName(QStringLiteral("blind"));
  blind_->setToolTip(tr("Hides which is which until you have preferred one"));
  compare_->setObjectName(QStringLiteral("compare"));
  compare_->setAutoDefault(false);
  left_->setObjectName(QStringLiteral("compareLeft"));
  right_->setObjectName(QStringLiteral("compareRight"));
  verdict_->setObjectName(QStringLiteral("compareVerdict"));
  strength_->setBuddy(scale_);
  about_word_->setObjectName(QStringLiteral("compareWord"));
  auto* ask = new QHBoxLayout;
  ask->setSpacing(ui::grid);
  ask->addWidget(prompt_, 1);
  ask->addWidget(compare_);
  auto* options = new QHBoxLayout;
  options->setSpacing(ui::grid);
  options->addWidget(seed_);
  options->addWidget(strength_);
  options->addWidget(scale_);
  options->addWidget(blind_);
  options->addStretch(1);
  auto* both = new QHBoxLayout(answers_);
  both->setContentsMargins(0, 0, 0, 0);
  both->setSpacing(12);
  both->addWidget(left_, 1);
  both->addWidget(right_, 1);
  answers_->setMinimumHeight(168);
  auto* judge = new QHBoxLayout(judge_);
  judge->setContentsMargins(0, 0, 0, 0);
  judge->setSpacing(ui::grid);
  const std::pair<QString, std::optional<Side>> choices[]{
      {tr("Left is better"), Side::left}, {tr("No difference"), std::nullopt}, {tr("Right is better"), Side::right}};
  for (const auto& choice : choices) {
    auto* button = new QPushButton(choice.first, judge_);
    button->setAutoDefault(false);
    judge->addWidget(button);
    const std::optional<Side> side = choice.second;
    button->setObjectName(!side                 ? QStringLiteral("judgeNone")
                          : *side == Side::left ? QStringLiteral("judgeLeft")
                                                : QStringLiteral("judgeRight"));
    connect(button, &QPushButton::clicked, this, [this, side] { controller_->comparison()->judge(side); });
  }
  judge->addStretch(1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(ui::grid);
  column->addLayout(ask);
  column->addLayout(options);
  column->addWidget(about_word_);
  column->addWidget(answers_);
  column->addWidget(judge_);
  column->addWidget(verdict_);
  connect(compare_, &QPushButton::clicked, this, &CompareView::start);
  connect(prompt_, &QLineEdit::returnPressed, this, &CompareView::start);
  connect(prompt_, &QLineEdit::textChanged, this, &CompareView::refresh);
  connect(controller->comparison(), &Comparison::changed, this, &CompareView::refresh);
  connect(controller, &FinetuneController::opened, this, [this] {
    const api::TrainingRun* run = controller_->watch()->run();
    prompt_->setText(run ? first_prompt(*run) : QString());
  });
  refresh();
}

void CompareView::set_result(const api::TrainingResult& result) {
  result_ = result;
  refresh();
}

bool CompareView::can_start() const {
  const QString text = prompt_->text().trimmed();
  return !text.isEmpty() && (!result_.is_embedding || names_word(text, ui::qt(result_.token)));
}

void CompareView::start() {
  Comparison* comparison = controller_->comparison();
  if (comparison->running()) return comparison->cancel();
  if (!can_start()) return;
  api::CompareBody body;
  body.prompt = utf8(prompt_->text().trimmed());
  if (!seed_->text().isEmpty()) body.seed = seed_->text().toLongLong();
  if (!result_.is_embedding) body.scale = scale_->value();
  body.result = result_.path;
  comparison->start(controller_->current(), body, blind_->isChecked());
}

void CompareView::refresh() {
  const Comparison* comparison = controller_->comparison();
  const bool running = comparison->running();
  compare_->setText(running ? tr("Cancel") : tr("Compare"));
  compare_->setEnabled(running || can_start());
  for (QWidget* widget : {static_cast<QWidget*>(strength_), static_cast<QWidget*>(scale_)})
    widget->setVisible(!result_.is_embedding);
  show_word();
  answers_->setVisible(running || comparison->started());
  show_side(left_, true);
  show_side(right_, false);
  judge_->setVisible(comparison->can_judge());
  QStringList words;
  if (comparison->started() && !running) words << tr("seed %1, of both").arg(comparison->seed());
  if (const QString counted = tally(); !counted.isEmpty()) words << counted;
  verdict_->setText(words.join(QStringLiteral(" · ")));
  verdict_->setVisible(!words.isEmpty());
}

void CompareView::show_word() {
  about_word_->setVisible(result_.is_embedding);
  const api::TrainingRun* run = controller_->watch()->run();
  if (!result_.is_embedding || !run) return;
  const QString word = ui::qt(result_.token), start = word_start_of(run->recipe);
  const bool named = names_word(prompt_->text(), word);
  about_word_->setText(!named ? tr("The prompt must name %1.").arg(word)
                       : start.isEmpty()
                           ? tr("The base is asked the same with * in the place of %1.").arg(word)
                           : tr("The base is asked the same with “%1” in the place of %2.").arg(start, word));
}

QString CompareView::tally() const {
  const Comparison* comparison = controller_->comparison();
  const int all = comparison->for_tuned() + comparison->for_base() + comparison->undecided();
  if (all == 0) return {};
  return tr("of %1 blind comparisons you preferred the tuned one in %2, the base in %3")
      .arg(all)
      .arg(comparison->for_tuned())
      .arg(comparison->for_base());
}

void CompareView::show_side(AnswerCard* card, bool is_left) {
  const Comparison* comparison = controller_->comparison();
  const Side side = is_left ? Side::left : Side::right;
  const QString name = comparison->is_tuned(side) ? tr("Tuned") : tr("Base");
  card->set_title(comparison->blind() ? (is_left ? tr("Left") : tr("Right")) : name);
  const ComparedAnswer& answer = comparison->answer(side);
  card->set_text(answer.text);
  card->set_image(answer.image);
  const bool nothing = answer.text.isEmpty() && answer.image.isNull();
  card->set_status(!answer.error.isEmpty() ? answer.error : nothing && !answer.ended ? tr("being made…") : QString());
}

}  // namespace diptych::finetune
