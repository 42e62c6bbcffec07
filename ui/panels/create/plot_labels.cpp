#include "ui/panels/create/plot_labels.h"

#include <QCoreApplication>
#include <QHash>
#include <QRegularExpression>

#include "ui/client/text.h"

namespace diptych::create {
namespace {

QString title(const char* text) {
  return QCoreApplication::translate("PlotLabels", text);
}

}  // namespace

QString plot_field_title(const QString& field, const api::ImageSettings& settings) {
  static const QHash<QString, const char*> titles{{"steps", "Steps"},
                                                  {"guidance", "Guidance"},
                                                  {"seed", "Seed"},
                                                  {"prompt", "Words of the prompt"},
                                                  {"sampler", "Sampler"},
                                                  {"schedule", "Schedule"},
                                                  {"model", "Model"},
                                                  {"vae", "VAE"},
                                                  {"width", "Width"},
                                                  {"height", "Height"},
                                                  {"clip_skip", "Clip skip"},
                                                  {"guidance_rescale", "Rescale"},
                                                  {"pag_scale", "PAG"},
                                                  {"flow_shift", "Flow shift"},
                                                  {"quantize", "Linear layers"},
                                                  {"cache", "Skipped work"},
                                                  {"init.strength", "Strength"},
                                                  {"variation.strength", "Variation"}};
  if (const char* known = titles.value(field)) return title(known);
  static const QRegularExpression adapter(QStringLiteral("^adapters\\[([0-9]+)\\]\\.scale$"));
  const QRegularExpressionMatch match = adapter.match(field);
  const size_t index = match.hasMatch() ? match.captured(1).toULong() : settings.adapters.size();
  return index < settings.adapters.size() ? title("Strength of %1").arg(ui::qt(settings.adapters[index].file)) : field;
}

QString plot_value(const api::PlotAxis& axis, int index) {
  if (index < 0 || index >= static_cast<int>(axis.values.size())) return {};
  const api::Json& value = axis.values[static_cast<size_t>(index)];
  return ui::qt(value.is_string() ? value.get<std::string>() : api::dump(value));
}

QString plot_label(const api::Plot& plot, size_t axis, int index) {
  if (axis >= plot.axes.size()) return {};
  const QString value = plot_value(plot.axes[axis], index);
  if (value.isEmpty()) return {};
  return QStringLiteral("%1: %2").arg(plot_field_title(ui::qt(plot.axes[axis].field), plot.settings), value);
}

}  // namespace diptych::create
