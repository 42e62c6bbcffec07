#include "ui/panels/create/figures.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>
#include <cmath>

#include "ui/client/provenance.h"
#include "ui/client/text.h"
#include "ui/widgets/quantity.h"

namespace diptych::create {
namespace {

const QString dot = QStringLiteral(" · ");

QString tr(const char* text, int n = -1) {
  return QCoreApplication::translate("CreateFigures", text, nullptr, n);
}

int count_of(const api::PromptTokens& one, bool negative) {
  return negative ? one.negative_tokens : one.tokens;
}

// "62 of 96 GFLOP/s (65 %)": a share never stands alone.
QString against(double value, const std::optional<double>& limit, const QString& unit) {
  QString text = ui::format_rate_of(value, limit.value_or(0), unit);
  if (limit && *limit > 0)
    text +=
        QStringLiteral(" (%1%2%)").arg(QLocale().toString(std::lround(100 * value / *limit))).arg(QChar(QChar::Nbsp));
  return text;
}

// What leaving work out, or rounding weights, cost, and what it brought.
Metric likeness(const api::ImageMetrics& m) {
  if (!m.psnr_db)
    return {tr("– dB"), tr("Not the exact picture, as work was skipped or weights were rounded; make it once without "
                           "that to see what it cost")};
  const QString likeness = ui::format_quantity(*m.psnr_db, tr("dB"));
  const QString tip =
      tr("● counter: likeness to the exact picture (PSNR); above 40 dB hardly anybody sees a difference");
  if (!m.exact_seconds_per_step || !m.seconds_per_step || *m.seconds_per_step <= 0)
    return {tr("● %1").arg(likeness), tip};
  const double ratio = *m.exact_seconds_per_step / *m.seconds_per_step;
  return {tr("● %1, %2 times as fast").arg(likeness, QLocale().toString(ratio, 'f', 1)), tip};
}

}  // namespace

QString time_line(const api::ImageEstimate& estimate) {
  if (!estimate.seconds.value) return tr("time not known yet");
  return tr("%1 ≈ %2").arg(ui::known_mark(estimate.seconds.known), ui::format_duration_s(*estimate.seconds.value));
}

QString memory_line(const api::ImageEstimate& estimate) {
  const double memory = static_cast<double>(estimate.memory_bytes);
  const double over = memory - static_cast<double>(estimate.free_bytes);
  return estimate.fits ? tr("◐ %1, fits").arg(ui::format_bytes(memory))
                       : tr("◐ %1, %2 too large").arg(ui::format_bytes(memory), ui::format_bytes(std::max(0.0, over)));
}

QString estimate_tooltip(const api::ImageEstimate& estimate) {
  QStringList lines;
  if (estimate.seconds.value)
    lines << tr("Time: %1 %2").arg(ui::known_mark(estimate.seconds.known), ui::qt(estimate.seconds.source));
  lines << tr("Memory: ◐ modelled by the model's own code on the meta device; %1 are free")
               .arg(ui::format_bytes(static_cast<double>(estimate.free_bytes)));
  for (const api::OwnerMemory& owner : estimate.owners)
    if (const double bytes = std::max(owner.bytes, owner.peak_bytes); bytes > 0)
      lines << QStringLiteral("  %1: %2").arg(ui::qt(owner.owner), ui::format_bytes(bytes));
  if (!estimate.to_do.empty()) lines << ui::qt(estimate.to_do);
  return lines.join(QLatin1Char('\n'));
}

QString token_line(const std::vector<api::PromptTokens>& tokens, bool negative) {
  QStringList parts;
  for (const api::PromptTokens& one : tokens) {
    QString part = QStringLiteral("%1 %2").arg(ui::qt(one.encoder)).arg(count_of(one, negative));
    if (one.window > 0) part += QStringLiteral("/%1").arg(one.window * std::max(1, one.windows));
    parts << part;
  }
  return parts.join(dot);
}

bool tokens_are_cut(const std::vector<api::PromptTokens>& tokens, bool negative) {
  for (const api::PromptTokens& one : tokens)
    if (one.window > 0 && count_of(one, negative) > one.window * std::max(1, one.windows)) return true;
  return false;
}

QString token_tooltip(const std::vector<api::PromptTokens>& tokens, bool negative) {
  QStringList lines;
  for (const api::PromptTokens& one : tokens) {
    if (one.window <= 0) continue;
    const int count = count_of(one, negative), room = one.window * std::max(1, one.windows);
    if (count > room)
      lines << tr("%1 reads %2 tokens; the last %3 are cut").arg(ui::qt(one.encoder)).arg(room).arg(count - room);
    else if (one.windows > 1)
      lines << tr("%1 reads %2 tokens in %3 windows").arg(ui::qt(one.encoder)).arg(count).arg(one.windows);
    else
      lines << tr("%1 reads %2 of %3 tokens").arg(ui::qt(one.encoder)).arg(count).arg(one.window);
  }
  if (!lines.isEmpty()) lines << tr("● counter: counted by the model's tokenizers");
  return lines.join(QLatin1Char('\n'));
}

QString progress_line(const api::ImageProgress& progress) {
  QStringList parts;
  if (progress.phase == "denoising")
    parts << tr("Step %1 of %2").arg(progress.step).arg(progress.steps);
  else if (progress.phase == "loading")
    parts << tr("Loading the model");
  else if (progress.phase == "enlarging")
    parts << tr("Enlarging, tile %1 of %2").arg(std::min(progress.step + 1, progress.steps)).arg(progress.steps);
  else if (progress.phase == "text")
    parts << tr("Reading the prompt");
  else if (progress.phase == "decoding")
    parts << tr("Decoding");
  else if (progress.phase == "saving")
    parts << tr("Saving");
  else
    parts << tr("Starting");
  if (progress.images > 1)
    parts << tr("picture %1 of %2").arg(std::min(progress.image + 1, progress.images)).arg(progress.images);
  if (progress.seconds_left) parts << tr("≈ %1 left").arg(ui::format_duration_s(*progress.seconds_left));
  if (progress.seconds_per_step) parts << ui::format_quantity(*progress.seconds_per_step, tr("s/step"));
  return parts.join(dot);
}

QList<Metric> metrics(const api::ImageInfo& image) {
  const api::ImageMetrics& m = image.metrics;
  QList<Metric> list;
  if (m.seconds_per_step)
    list << Metric{tr("● %1").arg(ui::format_quantity(*m.seconds_per_step, tr("s/step"))),
                   tr("● counter: measured time of the denoising over its steps")};
  if (!image.settings.cache.empty() || !image.settings.quantize.empty()) list << likeness(m);
  if (m.gflop_s)
    list << Metric{tr("◐ %1").arg(against(*m.gflop_s, m.gflop_s_roofline, tr("GFLOP/s"))),
                   tr("◐ modelled: operations that the code declares, over measured time, against what this machine "
                      "was measured to do")};
  if (m.bandwidth_gb_s)
    list << Metric{tr("◐ %1").arg(against(*m.bandwidth_gb_s, m.bandwidth_roofline_gb_s, tr("GB/s"))),
                   tr("◐ modelled: bytes that the code declares, over measured time, against the measured bandwidth")};
  if (m.joules)
    list << Metric{tr("● %1").arg(ui::format_quantity(*m.joules, tr("J"))),
                   tr("● counter: energy of the whole run, this picture's share of it")};
  if (m.peak_memory_bytes || m.predicted_memory_bytes) {
    const auto bytes = [](const std::optional<int64_t>& value) {
      return value ? ui::format_bytes(static_cast<double>(*value)) : QStringLiteral("–");
    };
    list << Metric{tr("● %1, predicted ◐ %2").arg(bytes(m.peak_memory_bytes), bytes(m.predicted_memory_bytes)),
                   tr("● counter: highest memory that the engine held; ◐ modelled: what was predicted before")};
  }
  return list;
}

QString about_line(const api::ImageInfo& image) {
  QStringList parts{QStringLiteral("%1 × %2").arg(image.width).arg(image.height)};
  const bool made = !api::enlarges_only(image.settings);
  if (made) parts << tr("seed %1").arg(image.seed);
  if (const auto& upscale = image.settings.upscale)
    parts << tr("%1 × larger by %2")
                 .arg(QLocale().toString(upscale->scale, 'g', 3),
                      upscale->upscaler.empty() ? QStringLiteral("lanczos") : ui::qt(upscale->upscaler));
  if (image.settings.steps > 0 && made) parts << tr("%1 steps").arg(image.settings.steps);
  if (!image.model.empty()) parts << ui::qt(image.model);
  return parts.join(dot);
}

}  // namespace diptych::create
