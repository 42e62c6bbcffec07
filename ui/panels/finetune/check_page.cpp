#include "ui/panels/finetune/check_page.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/facts_grid.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/memory_plan.h"
#include "ui/panels/finetune/plan_words.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/theme/style.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/card.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {

using ui::qt;

CheckPage::CheckPage(FinetuneController* controller, QWidget* parent)
    : PageFrame(tr("Check and start"),
                tr("Worked out by the code that will run, without its memory, and from what this machine was measured "
                   "to do."),
                parent),
      controller_(controller),
      name_(new QLineEdit(page())),
      busy_(new QProgressBar(page())),
      verdict_(new QLabel(page())),
      to_do_(new QLabel(page())),
      card_(new ui::Card(ui::Card::Ground::surface, page())),
      memory_(new MemoryPlan(card_)),
      facts_(new FactsGrid(card_)),
      ways_title_(make_heading({}, page())),
      ways_(new QVBoxLayout) {
  name_->setObjectName(QStringLiteral("runName"));
  name_->setAccessibleName(tr("Name of the run"));
  name_->setMaximumWidth(420);
  name_->setMaxLength(120);
  auto* label = new QLabel(tr("Name"), page());
  label->setBuddy(name_);
  auto* row = new QHBoxLayout;
  row->setSpacing(ui::grid);
  row->addWidget(label);
  row->addWidget(name_, 1);
  row->addStretch(1);
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setFixedHeight(4);
  busy_->setAccessibleName(tr("Working out what it takes"));
  verdict_->setFont(ui::text_font(ui::TextSize::reading, QFont::DemiBold));
  verdict_->setObjectName(QStringLiteral("verdict"));
  for (QLabel* text : {verdict_, to_do_}) {
    text->setWordWrap(true);
    text->setTextFormat(Qt::PlainText);
  }
  facts_->setObjectName(QStringLiteral("planFacts"));
  auto* inside = new QVBoxLayout(card_);
  inside->setContentsMargins(2 * ui::grid, 2 * ui::grid, 2 * ui::grid, 2 * ui::grid);
  inside->setSpacing(2 * ui::grid);
  inside->addWidget(memory_);
  inside->addWidget(facts_);
  ways_->setSpacing(ui::grid);
  body()->addLayout(row);
  body()->addWidget(busy_);
  auto* verdict = new QVBoxLayout;
  verdict->setSpacing(4);
  verdict->addWidget(verdict_);
  verdict->addWidget(to_do_);
  body()->addLayout(verdict);
  body()->addWidget(card_);
  body()->addWidget(ways_title_);
  body()->addLayout(ways_);
  body()->addStretch(1);
  DraftSession* draft = controller->draft();
  connect(name_, &QLineEdit::editingFinished, this, [this, draft] { draft->set_name(name_->text()); });
  connect(draft, &DraftSession::prediction_changed, this, &CheckPage::refresh);
  connect(draft, &DraftSession::draft_changed, this, &CheckPage::refresh);
  refresh();
}

void CheckPage::refresh() {
  const DraftSession* draft = controller_->draft();
  const Prediction& prediction = draft->prediction();
  const auto& plan = prediction.plan;
  if (!name_->hasFocus()) name_->setText(draft->draft().name);
  name_->setPlaceholderText(draft->draft().title());
  busy_->setVisible(draft->planning());
  QString verdict, to_do;
  bool good = false;
  if (prediction.failure) {
    verdict = prediction.failure->what;
    to_do = QStringList{prediction.failure->why, prediction.failure->to_do}.join(QStringLiteral(". "));
  } else if (plan) {
    good = plan->fits && plan->fits_disk;
    verdict = !plan->fits || plan->fits_disk ? fit_text(*plan)
                                             : tr("The disk has too little room: %1 are needed, %2 are free")
                                                   .arg(ui::format_bytes(static_cast<double>(plan->disk_bytes)),
                                                        ui::format_bytes(static_cast<double>(plan->disk_free_bytes)));
    to_do = qt(plan->to_do);
    if (!to_do.isEmpty()) to_do[0] = to_do[0].toUpper();
  } else {
    verdict = tr("Working out what it takes…");
  }
  verdict_->setText(verdict);
  QPalette tint;
  const ui::Palette& palette = ui::theme_palette();
  tint.setColor(QPalette::WindowText, good                         ? palette.positive
                                      : plan || prediction.failure ? palette.danger
                                                                   : palette.text);
  verdict_->setPalette(tint);
  to_do_->setText(to_do);
  to_do_->setVisible(!to_do.isEmpty());
  card_->setVisible(plan.has_value());
  if (plan) {
    const double others = std::max(0.0, static_cast<double>(plan->capacity_bytes - plan->free_bytes));
    memory_->set_shares(memory_shares(plan->owners), others, static_cast<double>(plan->capacity_bytes));
    facts_->clear();
    for (const PlanFigure& figure : all_figures(*plan)) facts_->add(figure.name, figure.value, figure.tip);
  }
  show_alternatives();
}

void CheckPage::show_alternatives() {
  while (QLayoutItem* item = ways_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();
    delete item;
  }
  const auto& plan = controller_->draft()->prediction().plan;
  const bool any = plan && !plan->alternatives.empty();
  ways_title_->setVisible(any);
  if (!any) return;
  ways_title_->setText(plan->fits ? tr("Ways to take less memory") : tr("What would make it fit"));
  for (const api::PlanAlternative& way : plan->alternatives) {
    auto* row = new ui::Card(ui::Card::Ground::surface, page());
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(2 * ui::grid, 10, 12, 10);
    line->setSpacing(2 * ui::grid);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    auto* text = new QLabel(qt(way.text), row);
    text->setWordWrap(true);
    words->addWidget(text);
    QString figures = QStringLiteral("◐ %1 · %2")
                          .arg(ui::format_bytes(static_cast<double>(way.memory_bytes)), duration_text(way.seconds));
    if (!way.cost.empty()) figures += QStringLiteral(" · ") + qt(way.cost);
    if (!plan->fits) figures += QStringLiteral(" · ") + (way.fits ? tr("then it fits") : tr("not enough by itself"));
    words->addWidget(make_quiet(figures, row));
    auto* apply = new QPushButton(tr("Use this"), row);
    apply->setObjectName(QStringLiteral("use_") + qt(way.name));
    apply->setAutoDefault(false);
    apply->setAccessibleName(tr("Use this: %1").arg(qt(way.text)));
    apply->setAccessibleDescription(figures);
    line->addLayout(words, 1);
    line->addWidget(apply);
    connect(apply, &QPushButton::clicked, this, [this, changes = way.changes] {
      name_->setFocus(Qt::OtherFocusReason);  // this button goes
      controller_->draft()->change(changes);
    });
    ways_->addWidget(row);
  }
}

void CheckPage::changeEvent(QEvent* event) {
  PageFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) refresh();  // the verdict has a colour of its own
}

}  // namespace diptych::finetune
