#include "ui/panels/finetune/goal_page.h"

#include <QButtonGroup>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/goal_card.h"
#include "ui/panels/finetune/recipe_fields.h"
#include "ui/panels/finetune/recipe_form.h"
#include "ui/panels/finetune/word_form.h"
#include "ui/theme/style.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {

using ui::qt;

namespace {

constexpr int two_columns_from = 764;  // px: room for all figures of a card

}  // namespace

GoalPage::GoalPage(FinetuneController* controller, QWidget* parent)
    : PageFrame(tr("Choose a goal"), tr("Each goal sets every value to what suits it, this base and these data."),
                parent),
      controller_(controller),
      group_(new QButtonGroup(this)),
      grid_(new QGridLayout),
      status_(new QLabel(page())),
      reasons_(new QLabel(page())),
      no_word_(make_quiet(tr("This base cannot learn a new word: that is for Stable Diffusion 1, 2 and XL."), page())),
      word_(new WordForm(controller->word(), new RecipeForm(controller->draft()), page())),
      advanced_(new QToolButton(page())),
      changed_(make_quiet({}, page())),
      reset_(new QPushButton(tr("Back to the goal’s values"), page())),
      form_(new RecipeForm(controller->draft(), page())) {
  grid_->setSpacing(12);
  for (QLabel* label : {status_, reasons_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
  }
  reasons_->setForegroundRole(QPalette::PlaceholderText);
  reasons_->setObjectName(QStringLiteral("goalReasons"));
  no_word_->setObjectName(QStringLiteral("noWord"));
  advanced_->setText(tr("Advanced"));
  advanced_->setObjectName(QStringLiteral("advancedRecipe"));
  advanced_->setCheckable(true);
  advanced_->setAutoRaise(true);
  advanced_->setArrowType(Qt::RightArrow);
  advanced_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  advanced_->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  advanced_->setMinimumHeight(ui::control_height);
  reset_->setObjectName(QStringLiteral("resetRecipe"));
  auto* line = new QHBoxLayout;
  line->setContentsMargins(-2 * ui::grid, 0, 0, 0);  // its arrow stands where other titles begin
  line->addWidget(advanced_);
  line->addWidget(changed_, 1);
  line->addWidget(reset_);
  body()->addWidget(status_);
  body()->addLayout(grid_);
  body()->addWidget(no_word_);
  body()->addWidget(reasons_);
  body()->addWidget(word_);
  body()->addLayout(line);
  body()->addWidget(form_);
  body()->addStretch(1);
  add_recipe_fields(form_, controller);
  form_->hide();
  connect(advanced_, &QToolButton::toggled, this, [this](bool on) {
    advanced_->setArrowType(on ? Qt::DownArrow : Qt::RightArrow);
    form_->setVisible(on);
  });
  DraftSession* draft = controller->draft();
  connect(reset_, &QPushButton::clicked, draft, &DraftSession::reset_changes);
  connect(draft, &DraftSession::presets_changed, this, &GoalPage::list_goals);
  connect(draft, &DraftSession::draft_changed, this, &GoalPage::refresh);
  connect(draft, &DraftSession::prediction_changed, this, &GoalPage::refresh);
  connect(controller, &FinetuneController::bases_changed, this, &GoalPage::refresh);
  connect(draft, &DraftSession::opened, this, [this] { advanced_->setChecked(false); });
  list_goals();
}

void GoalPage::list_goals() {
  const auto& presets = controller_->draft()->presets();
  QStringList names, shown;
  for (const api::GoalPreset& one : presets) names << qt(one.name);
  for (const GoalCard* card : cards_) shown << card->name();
  if (names != shown) {
    for (GoalCard* card : cards_) {
      grid_->removeWidget(card);
      card->hide();
      card->deleteLater();
    }
    cards_.clear();
    for (const api::GoalPreset& one : presets) {
      auto* card = new GoalCard(one, page());
      const QString name = card->name();
      group_->addButton(card);
      connect(card, &QAbstractButton::clicked, controller_->draft(),
              [draft = controller_->draft(), name] { draft->choose_goal(name); });
      cards_ << card;
    }
    columns_ = 0;
    arrange();
  }
  refresh();
}

void GoalPage::refresh() {
  const DraftSession* draft = controller_->draft();
  for (GoalCard* card : cards_) {
    card->setChecked(card->name() == draft->draft().goal);
    card->set_prediction(draft->prediction(card->name()));
  }
  const bool waiting = cards_.isEmpty() && !draft->presets_failure();
  status_->setText(draft->presets_failure() ? draft->presets_failure()->text()
                                            : tr("Working out what suits these data…"));
  status_->setForegroundRole(draft->presets_failure() ? QPalette::BrightText : QPalette::PlaceholderText);
  status_->setVisible(waiting || draft->presets_failure());
  QStringList reasons;
  if (const api::GoalPreset* goal = draft->goal())
    for (const std::string& reason : goal->reasons) reasons << qt(reason);
  reasons_->setText(reasons.join(QLatin1Char('\n')));
  reasons_->setVisible(!reasons.isEmpty());
  const api::TrainingBase* base = controller_->base();
  no_word_->setVisible(!cards_.isEmpty() && base && base->kind == api::TrainingKind::image &&
                       std::ranges::find(base->methods, "textual_inversion") == base->methods.end());
  advanced_->setVisible(draft->goal() != nullptr);
  const bool changed = draft->changed();
  changed_->setText(changed ? tr("some values are your own (bold)") : QString());
  reset_->setVisible(changed);
}

void GoalPage::resizeEvent(QResizeEvent* event) {
  PageFrame::resizeEvent(event);
  arrange();
}

void GoalPage::arrange() {
  const int columns = viewport()->width() >= two_columns_from ? 2 : 1;
  if (columns == columns_) return;
  columns_ = columns;
  // Where they do not fill the rows one has a row of its own: the one that a file brought along, else the last.
  const bool left_over = columns == 2 && cards_.size() % 2 == 1;
  const bool first = left_over && cards_.first()->name() == QLatin1String(OwnGoal::name);
  const qsizetype wide = !left_over ? -1 : first ? 0 : cards_.size() - 1;
  int at = 0;
  for (qsizetype i = 0; i < cards_.size(); ++i) {
    grid_->addWidget(cards_[i], at / columns, at % columns, 1, i == wide ? columns : 1);
    at += i == wide ? columns : 1;
  }
}

}  // namespace diptych::finetune
