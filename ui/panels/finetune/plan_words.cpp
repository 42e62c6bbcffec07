#include "ui/panels/finetune/plan_words.h"

#include <QCoreApplication>

#include "ui/client/provenance.h"
#include "ui/client/text.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("FinetunePlan", text);
}

QString bytes(int64_t count) {
  return ui::format_bytes(static_cast<double>(count));
}

const QString memory_tip() {
  return tr("◐ modelled: the run's own code on the meta device, which allocates nothing");
}

}  // namespace

QList<PlanFigure> short_figures(const api::TrainingPlan& plan) {
  return {{tr("Memory"), QStringLiteral("◐ ") + bytes(plan.memory_bytes), memory_tip()},
          {tr("Time"), duration_text(plan.seconds), known_tip(plan.seconds)},
          {tr("Energy"), energy_text(plan.joules), known_tip(plan.joules)},
          {tr("Result"), bytes(plan.result_bytes), tr("the size of what is learnt, as a file")}};
}

QList<PlanFigure> all_figures(const api::TrainingPlan& plan) {
  QList<PlanFigure> list;
  list << PlanFigure{tr("Time"), duration_text(plan.seconds), known_tip(plan.seconds)};
  list << PlanFigure{tr("Steps"),
                     plan.seconds_per_step.value
                         ? tr("%1, each %2").arg(count_text(plan.steps), duration_text(plan.seconds_per_step))
                         : count_text(plan.steps),
                     known_tip(plan.seconds_per_step)};
  for (const auto& [speed, unit] :
       {std::pair{&plan.tokens_per_s, tr("tokens/s")}, std::pair{&plan.images_per_s, tr("images/s")}})
    if (speed->value)
      list << PlanFigure{tr("Speed"),
                         ui::known_mark(speed->known) + QLatin1Char(' ') + ui::format_quantity(*speed->value, unit),
                         known_tip(*speed)};
  list << PlanFigure{tr("Energy"), energy_text(plan.joules), known_tip(plan.joules)};
  if (plan.trained_parameters > 0)
    list << PlanFigure{tr("Trained"),
                       tr("%1 parameters").arg(ui::format_count(static_cast<double>(plan.trained_parameters))),
                       tr("the weights that change; all others stay as they are")};
  list << PlanFigure{tr("Result"), bytes(plan.result_bytes), tr("the size of what is learnt, as a file")};
  list << PlanFigure{tr("Disk"), tr("%1 of %2 free").arg(bytes(plan.disk_bytes), bytes(plan.disk_free_bytes)),
                     tr("checkpoints of %1 each, result and samples together").arg(bytes(plan.checkpoint_bytes))};
  return list;
}

QString fit_text(const api::TrainingPlan& plan) {
  const double memory = static_cast<double>(plan.memory_bytes), free = static_cast<double>(plan.free_bytes);
  if (!plan.fits)
    return tr("Does not fit: ◐ %1, and ● %2 are free").arg(bytes(plan.memory_bytes), bytes(plan.free_bytes));
  return tr("Fits: ◐ %1 free").arg(ui::format_bytes_of(memory, free));
}

QList<ui::MemoryShare> memory_shares(const std::vector<api::OwnerMemory>& owners) {
  static const std::pair<const char*, ui::MemoryOwner> names[]{
      {"weights", ui::MemoryOwner::weights},         {"kv_cache", ui::MemoryOwner::kv_cache},
      {"activations", ui::MemoryOwner::activations}, {"workspace", ui::MemoryOwner::workspace},
      {"gradients", ui::MemoryOwner::gradients},     {"optimizer", ui::MemoryOwner::optimizer}};
  QList<ui::MemoryShare> shares;
  for (const auto& [name, owner] : names)
    for (const api::OwnerMemory& one : owners)
      if (one.owner == name) shares << ui::MemoryShare{owner, one.bytes > 0 ? one.bytes : one.peak_bytes};
  return shares;
}

}  // namespace diptych::finetune
