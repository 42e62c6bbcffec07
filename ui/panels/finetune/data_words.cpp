#include "ui/panels/finetune/data_words.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <cmath>

#include "ui/client/text.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/theme/theme.h"

namespace diptych::finetune {

using ui::qt;

namespace {

constexpr qsizetype most_characters = 4000;  // of one piece: a book as one example would stand still

QString tr(const char* text) {
  return QCoreApplication::translate("FinetuneData", text);
}

QString escaped_text(const std::string& text) {
  QString shown = qt(text);
  if (shown.size() > most_characters) shown = shown.left(most_characters) + QStringLiteral(" …");
  return shown.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>"));
}

QString pieces_html(const std::vector<api::DataPiece>& pieces) {
  const ui::Palette& palette = ui::theme_palette();
  QString html;
  for (const api::DataPiece& piece : pieces)
    html += piece.learnt ? QStringLiteral("<span style=\"background-color:%1; text-decoration:underline\">%2</span>")
                               .arg(palette.selection.name(), escaped_text(piece.text))
                         : QStringLiteral("<span style=\"color:%1\">%2</span>")
                               .arg(palette.secondary.name(), escaped_text(piece.text));
  return html;
}

QString place_text(const std::string& file, const std::string& place) {
  const QString name = QFileInfo(qt(file)).fileName();
  return place.empty() ? name : QStringLiteral("%1, %2").arg(name, qt(place));
}

QString small(const QString& text, const QColor& color) {
  return QStringLiteral("<span style=\"font-size:11px; color:%1\">%2</span>").arg(color.name(), text.toHtmlEscaped());
}

void add_problem(QString& html, const QString& where, const QString& what) {
  const ui::Palette& palette = ui::theme_palette();
  html += QStringLiteral("<p style=\"margin:0 0 8px 0\">%1<br>%2</p>")
              .arg(what.toHtmlEscaped(), small(where, palette.secondary));
}

QString heading(const QString& text) {
  return QStringLiteral("<p style=\"margin:8px 0 4px 0; font-weight:600\">%1</p>").arg(text.toHtmlEscaped());
}

}  // namespace

QString examples_html(const api::DataReport& report) {
  const ui::Palette& palette = ui::theme_palette();
  QString html;
  for (const api::DataExample& example : report.shown) {
    QString about = place_text(example.file, example.place) + QStringLiteral(" · ") +
                    tr("%1 tokens, %2 learnt").arg(count_text(example.tokens), count_text(example.learnt_tokens));
    if (example.held_out) about += QStringLiteral(" · ") + tr("held out");
    html += QStringLiteral("<p style=\"margin:0 0 2px 0\">%1</p>").arg(small(about, palette.secondary));
    html += QStringLiteral("<p style=\"margin:0 0 14px 0\">%1</p>").arg(pieces_html(example.pieces));
    if (example.rejected.empty()) continue;
    html += QStringLiteral("<p style=\"margin:0 0 2px 0\">%1</p>").arg(small(tr("the worse answer"), palette.warning));
    html += QStringLiteral("<p style=\"margin:0 0 14px 0\">%1</p>").arg(pieces_html(example.rejected));
  }
  return html;
}

int problem_count(const api::DataReport& report) {
  return static_cast<int>(report.rejected_count) + static_cast<int>(report.warnings.size());
}

QString problems_html(const api::DataReport& report) {
  QString html;
  if (report.rejected_count > 0) {
    html += heading(report.rejected_count == 1 ? tr("1 record is left out")
                                               : tr("%1 records are left out").arg(count_text(report.rejected_count)));
    for (const api::DataRejected& one : report.rejected)
      add_problem(html, place_text(one.file, one.place), qt(one.reason));
    const int64_t more = report.rejected_count - static_cast<int64_t>(report.rejected.size());
    if (more > 0) add_problem(html, {}, tr("and %1 more").arg(count_text(more)));
  }
  if (!report.warnings.empty()) {
    html += heading(tr("Worth a look"));
    for (const api::DataWarning& one : report.warnings)
      add_problem(html, place_text(one.file, one.place), qt(one.text));
  }
  if (!report.notes.empty()) {
    html += heading(tr("Notes"));
    for (const api::DataNote& note : report.notes)
      add_problem(html, note.count > 1 ? tr("%1 times").arg(count_text(note.count)) : QString(), qt(note.text));
  }
  return html;
}

QStringList fact_lines(const api::DataReport& report) {
  const bool images = report.kind == api::TrainingKind::image;
  QStringList lines;
  const auto add = [&lines](const QString& name, int64_t value, bool always = false) {
    if (value > 0 || always) lines << name + QLatin1Char('\t') + count_text(value);
  };
  add(images ? tr("Pictures to learn from") : tr("Examples to learn from"), report.examples, true);
  add(tr("Held out"), report.held_out, true);
  if (!images) {
    add(tr("Tokens"), report.tokens);
    add(tr("Learnt tokens"), report.learnt_tokens);
    if (report.longest > 0)
      lines << tr("Tokens of an example") + QLatin1Char('\t') +
                   tr("%1 to %2, half below %3")
                       .arg(count_text(report.shortest), count_text(report.longest), count_text(report.median));
    if (report.overlong > 0)
      lines << tr("Too long") + QLatin1Char('\t') +
                   tr("%1; %2 tokens are cut").arg(count_text(report.overlong), count_text(report.cut_tokens));
  } else {
    add(tr("Without caption"), report.uncaptioned);
    QStringList sizes;
    for (const api::DataBucket& bucket : report.buckets)
      sizes << QStringLiteral("%1 × %2 (%3)").arg(bucket.width).arg(bucket.height).arg(count_text(bucket.pictures));
    if (!sizes.isEmpty()) lines << tr("Trained at") + QLatin1Char('\t') + sizes.join(QStringLiteral(", "));
  }
  add(tr("Duplicates"), report.duplicates);
  add(tr("Blurred"), report.blurred);
  if (report.steps_per_epoch > 0)
    lines << tr("Steps per pass") + QLatin1Char('\t') + count_text(std::llround(std::ceil(report.steps_per_epoch)));
  return lines;
}

}  // namespace diptych::finetune
