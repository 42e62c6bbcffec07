#include "ui/panels/finetune/run_words.h"

#include <QCoreApplication>
#include <QLocale>
#include <iterator>

#include "ui/client/provenance.h"
#include "ui/client/text.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("FinetuneWords", text);
}

QString step_of(const api::TrainingRun& run) {
  return run.steps > 0 ? tr("step %1 of %2").arg(count_text(run.step), count_text(run.steps))
                       : tr("step %1").arg(count_text(run.step));
}

}  // namespace

QString count_text(int64_t count) {
  return QLocale().toString(static_cast<qlonglong>(count));
}

QString state_name(api::RunState state) {
  switch (state) {
    case api::RunState::queued:
      return tr("waiting");
    case api::RunState::running:
      return tr("running");
    case api::RunState::paused:
      return tr("paused");
    case api::RunState::finished:
      return tr("finished");
    case api::RunState::stopped:
      return tr("stopped");
    case api::RunState::failed:
      return tr("failed");
    case api::RunState::interrupted:
      return tr("interrupted");
  }
  return {};
}

QString run_state_text(const api::TrainingRun& run) {
  switch (run.state) {
    case api::RunState::running:
      return run.step > 0 ? step_of(run) : phase_text(run.phase);
    case api::RunState::queued:
      return state_name(run.state);
    case api::RunState::finished:
      return run.steps > 0 ? tr("finished, %1 steps").arg(count_text(run.steps)) : state_name(run.state);
    case api::RunState::paused:
    case api::RunState::stopped:
    case api::RunState::failed:
    case api::RunState::interrupted:
      break;
  }
  return run.step > 0 ? tr("%1 at %2").arg(state_name(run.state), step_of(run)) : state_name(run.state);
}

QString phase_text(const std::string& phase) {
  static const std::pair<const char*, const char*> words[]{
      {"waiting", QT_TRANSLATE_NOOP("FinetuneWords", "Waiting for the device")},
      {"loading", QT_TRANSLATE_NOOP("FinetuneWords", "Loading the model")},
      {"data", QT_TRANSLATE_NOOP("FinetuneWords", "Reading the data")},
      {"training", QT_TRANSLATE_NOOP("FinetuneWords", "Training")},
      {"validating", QT_TRANSLATE_NOOP("FinetuneWords", "Measuring the validation loss")},
      {"sampling", QT_TRANSLATE_NOOP("FinetuneWords", "Making samples")},
      {"saving", QT_TRANSLATE_NOOP("FinetuneWords", "Saving a checkpoint")}};
  for (const auto& [name, text] : words)
    if (phase == name) return tr(text);
  return tr("Starting");
}

QString data_summary(const api::DataReport& report) {
  const int64_t count = report.examples > 0 ? report.examples : report.records;
  if (report.kind == api::TrainingKind::image)
    return count == 1 ? tr("1 picture") : tr("%1 pictures").arg(count_text(count));
  return count == 1 ? tr("1 example") : tr("%1 examples").arg(count_text(count));
}

QString duration_text(const api::Reading& seconds) {
  if (!seconds.value) return QStringLiteral("–");
  return ui::known_mark(seconds.known) + QLatin1Char(' ') + ui::format_duration_s(*seconds.value);
}

QString format_energy(double joules) {
  static const char* const units[]{"J", "kJ", "MJ", "GJ"};
  size_t unit = 0;
  while (joules >= 999.5 && unit + 1 < std::size(units)) joules /= 1000, ++unit;
  return ui::format_quantity(joules, QLatin1String(units[unit]));
}

QString energy_text(const api::Reading& joules) {
  if (!joules.value) return QStringLiteral("–");
  return ui::known_mark(joules.known) + QLatin1Char(' ') + format_energy(*joules.value);
}

QString known_tip(const api::Reading& reading) {
  const QString source = ui::qt(reading.source);
  if (!reading.value) return tr("Not known: %1").arg(source.isEmpty() ? tr("nothing tells") : source);
  const QString how = reading.known == api::Known::counter    ? tr("● counter")
                      : reading.known == api::Known::modelled ? tr("◐ modelled")
                                                              : tr("○ estimated");
  return source.isEmpty() ? how : how + QStringLiteral(": ") + source;
}

QString method_title(const QString& method) {
  static const std::pair<const char*, const char*> titles[]{
      {"lora", "LoRA"}, {"qlora", "QLoRA"}, {"dora", "DoRA"}, {"loha", "LoHa"}, {"lokr", "LoKr"}};
  for (const auto& [name, title] : titles)
    if (method == QLatin1String(name)) return QLatin1String(title);
  if (method == QLatin1String("full")) return tr("All weights");
  if (method == QLatin1String("textual_inversion")) return tr("Textual inversion");
  return method;
}

}  // namespace diptych::finetune
