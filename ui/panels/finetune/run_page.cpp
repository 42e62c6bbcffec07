#include "ui/panels/finetune/run_page.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <cmath>

#include "ui/client/text.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/run_charts.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/panels/finetune/samples_view.h"
#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/typography.h"
#include "ui/widgets/card.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {

using ui::qt;

namespace {

constexpr size_t shown_notes = 12;

QString figures_text(const api::TrainingRun& run, const api::TrainingStep* last) {
  QStringList parts;
  if (run.loss) parts << RunPage::tr("loss ● %1").arg(ui::format_number(*run.loss));
  if (run.validation_loss) parts << RunPage::tr("validation ● %1").arg(ui::format_number(*run.validation_loss));
  if (last && last->tokens_per_s)
    parts << QStringLiteral("● ") + ui::format_quantity(*last->tokens_per_s, RunPage::tr("tokens/s"));
  if (last && last->images_per_s)
    parts << QStringLiteral("● ") + ui::format_quantity(*last->images_per_s, RunPage::tr("images/s"));
  if (run.memory_bytes && *run.memory_bytes > 0) {
    QString memory = QStringLiteral("● ") + ui::format_bytes(static_cast<double>(*run.memory_bytes));
    if (run.predicted_memory_bytes)
      memory += RunPage::tr(", predicted ◐ %1").arg(ui::format_bytes(static_cast<double>(*run.predicted_memory_bytes)));
    parts << memory;
  }
  if (run.seconds > 0) parts << RunPage::tr("computed for %1").arg(ui::format_duration_s(run.seconds));
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

RunPage::RunPage(FinetuneController* controller, QWidget* parent)
    : PageFrame(tr("Run"), {}, parent),
      controller_(controller),
      state_(new ui::ElidedLabel({}, page())),
      progress_(new QProgressBar(page())),
      figures_(new ui::ElidedLabel({}, page())),
      problem_(new ui::Card(ui::Card::Ground::raised, page())),
      problem_text_(new QLabel(problem_)),
      problem_action_(new QPushButton(tr("Go on"), problem_)),
      buttons_(new QWidget(page())),
      charts_(new RunCharts(controller->watch(), page())),
      samples_(new SamplesView(controller->watch(), page())),
      notes_title_(make_heading(tr("Notes"), page())),
      notes_(new QLabel(page())) {
  use_whole_width();
  state_->setObjectName(QStringLiteral("runState"));
  state_->setFont(ui::text_font(ui::TextSize::reading));
  progress_->setRange(0, 1000);
  progress_->setTextVisible(false);
  progress_->setFixedHeight(6);
  progress_->setAccessibleName(tr("Progress of the run"));
  figures_->setObjectName(QStringLiteral("runFigures"));
  figures_->setForegroundRole(QPalette::PlaceholderText);
  problem_->setObjectName(QStringLiteral("runProblem"));
  problem_text_->setWordWrap(true);
  problem_text_->setTextFormat(Qt::PlainText);
  problem_text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  problem_action_->setObjectName(QStringLiteral("problemAction"));
  problem_action_->setAutoDefault(false);
  problem_action_->setProperty("primary", true);
  auto* problem = new QHBoxLayout(problem_);
  problem->setContentsMargins(2 * ui::grid, 12, 12, 12);
  problem->addWidget(problem_text_, 1);
  problem->addWidget(problem_action_);
  notes_->setWordWrap(true);
  notes_->setTextFormat(Qt::PlainText);
  notes_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  notes_->setForegroundRole(QPalette::PlaceholderText);
  notes_->setObjectName(QStringLiteral("runNotes"));
  make_buttons();
  auto* head = new QHBoxLayout;
  head->addWidget(state_, 1);
  head->addWidget(buttons_);
  auto* top = new QVBoxLayout;
  top->setSpacing(ui::grid);
  top->addLayout(head);
  top->addWidget(progress_);
  top->addWidget(figures_);
  body()->addLayout(top);
  body()->addWidget(problem_);
  body()->addWidget(charts_);
  body()->addWidget(samples_);
  body()->addWidget(notes_title_);
  body()->addWidget(notes_);
  body()->addStretch(1);
  connect(problem_action_, &QPushButton::clicked, this, [this] { controller_->command(RunCommand::resume); });
  connect(controller->watch(), &RunWatch::run_changed, this, &RunPage::refresh);
  connect(controller->watch(), &RunWatch::stepped, this, &RunPage::refresh);
  connect(controller->watch(), &RunWatch::opened, this, &RunPage::refresh);
  connect(controller->watch(), &RunWatch::notes_changed, this, &RunPage::show_notes);
  connect(controller->service(), &FinetuneService::ready_changed, this, &RunPage::refresh);
  refresh();
}

void RunPage::make_buttons() {
  auto* row = new QHBoxLayout(buttons_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(ui::grid);
  const auto make = [&](const QString& name, const QString& icon, const QString& text, const QString& tip) {
    auto* button = new QPushButton(ui::icon(icon), text, buttons_);
    button->setObjectName(name);
    button->setAutoDefault(false);
    button->setAccessibleName(text);
    button->setToolTip(tip);
    row->addWidget(button);
    return button;
  };
  sample_ = make(QStringLiteral("sampleRun"), QStringLiteral("sample"), tr("Sample now"),
                 tr("After this step: what the model does with the sample prompts"));
  save_ = make(QStringLiteral("saveRun"), QStringLiteral("save"), tr("Save now"), tr("A checkpoint after this step"));
  pause_ = make(QStringLiteral("pauseRun"), QStringLiteral("pause"), tr("Pause"), {});
  stop_ = make(QStringLiteral("stopRun"), QStringLiteral("stop"), tr("Stop"),
               tr("Ends the run after this step; what has been learnt is kept and can be used"));
  connect(sample_, &QPushButton::clicked, this, [this] { controller_->command(RunCommand::sample); });
  connect(save_, &QPushButton::clicked, this, [this] { controller_->command(RunCommand::save); });
  connect(stop_, &QPushButton::clicked, this, [this] { controller_->command(RunCommand::stop); });
  connect(pause_, &QPushButton::clicked, this, [this] {
    controller_->command(controller_->can(RunCommand::pause) ? RunCommand::pause : RunCommand::resume);
  });
}

void RunPage::refresh() {
  const api::TrainingRun* run = controller_->watch()->run();
  if (!run) return;
  set_title(qt(run->name));
  const bool active = api::is_active(run->state);
  QString state = run_state_text(*run);
  if (!state.isEmpty()) state[0] = state[0].toUpper();
  if (active && run->step > 0 && run->phase != "training" && !run->phase.empty())
    state += QStringLiteral(" · ") + phase_text(run->phase);
  if (active && run->seconds_left)
    state += QStringLiteral(" · ") + tr("○ %1 left").arg(ui::format_duration_s(*run->seconds_left));
  state_->set_text(state);
  say(state_name(run->state));
  progress_->setVisible(run->steps > 0 && run->state != api::RunState::finished);
  progress_->setValue(run->steps > 0 ? static_cast<int>(std::lround(1000.0 * static_cast<double>(run->step) /
                                                                    static_cast<double>(run->steps)))
                                     : 0);
  const auto& steps = controller_->watch()->steps();
  figures_->set_text(figures_text(*run, active && !steps.empty() ? &steps.back() : nullptr));
  const bool can_resume = controller_->can(RunCommand::resume);
  sample_->setVisible(active);
  save_->setVisible(active);
  sample_->setEnabled(controller_->can(RunCommand::sample));
  save_->setEnabled(controller_->can(RunCommand::save));
  pause_->setVisible(active || (can_resume && !run->error && run->state != api::RunState::interrupted));
  pause_->setEnabled(controller_->can(RunCommand::pause) || can_resume);
  pause_->setAccessibleName(active ? tr("Pause") : tr("Go on"));
  pause_->setIcon(active ? ui::icon(QStringLiteral("pause")) : QIcon());  // it would be lost on the accent
  pause_->setToolTip(
      active ? tr("Saves a checkpoint and gives the memory back; goes on later as if nothing had been (Esc)")
             : tr("Goes on from the last checkpoint, bit for bit as if it had not been cut"));
  if (pause_->property("primary").toBool() == active) {
    pause_->setProperty("primary", !active);
    pause_->update();
  }
  stop_->setVisible(active || run->state == api::RunState::paused);
  stop_->setEnabled(controller_->can(RunCommand::stop));
  name_buttons();
  show_problem();
  show_notes();
}

void RunPage::name_buttons() {
  const auto shown = {sample_, save_, pause_, stop_};
  for (QPushButton* button : shown) button->setText(button->accessibleName());
  const int others = state_->sizeHint().width() + 8 * ui::grid;  // with margins
  int wide = 0;
  for (QPushButton* button : shown)
    if (!button->isHidden()) wide += button->sizeHint().width() + ui::grid;
  if (wide + others <= viewport()->width()) return;
  for (QPushButton* button : shown)
    if (!button->icon().isNull()) button->setText({});
}

void RunPage::resizeEvent(QResizeEvent* event) {
  PageFrame::resizeEvent(event);
  name_buttons();
}

void RunPage::show_problem() {
  const api::TrainingRun* run = controller_->watch()->run();
  QString text;
  if (run->error)
    text = ui::to_failure(*run->error).text();
  else if (run->state == api::RunState::interrupted)
    text = run->checkpoint_step
               ? tr("The engine was ended in the middle of this run. It goes on from step %1; at most the steps since "
                    "then "
                    "are computed again.")
                     .arg(count_text(*run->checkpoint_step))
               : tr("The engine was ended in the middle of this run, before its first checkpoint. It begins anew.");
  problem_->setVisible(!text.isEmpty());
  problem_text_->setText(text);
  problem_action_->setText(run->checkpoint_step ? tr("Go on from step %1").arg(count_text(*run->checkpoint_step))
                                                : tr("Try again"));
  problem_action_->setVisible(controller_->can(RunCommand::resume));
}

void RunPage::show_notes() {
  const auto& notes = controller_->watch()->notes();
  QStringList lines;
  const size_t first = notes.size() > shown_notes ? notes.size() - shown_notes : 0;
  for (size_t i = first; i < notes.size(); ++i)
    lines << (notes[i].problem ? tr("Problem: %1").arg(notes[i].text) : notes[i].text);
  notes_title_->setVisible(!lines.isEmpty());
  notes_->setVisible(!lines.isEmpty());
  notes_->setText(lines.join(QLatin1Char('\n')));
}

void RunPage::say(const QString& text) {
  if (std::exchange(said_, text) == text || !QAccessible::isActive()) return;
  state_->setAccessibleDescription(text);
  QAccessibleEvent alert(state_, QAccessible::Alert);
  QAccessible::updateAccessibility(&alert);
}

}  // namespace diptych::finetune
