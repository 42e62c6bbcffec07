#include "ui/panels/finetune/goal_card.h"

#include <QPainter>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/plan_words.h"
#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {

using ui::qt;

namespace {

constexpr int margin = 16, title_height = 24, figures_height = 40, between = 10, between_figures = 18;

}  // namespace

GoalCard::GoalCard(const api::GoalPreset& preset, QWidget* parent)
    : QAbstractButton(parent),
      name_(qt(preset.name)),
      title_(qt(preset.title)),
      explanation_(qt(preset.explanation)),
      recommended_(preset.recommended) {
  setCheckable(true);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_Hover);
  setObjectName(QStringLiteral("goal_") + name_);
  setAccessibleName(title_);
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  describe();
}

void GoalCard::set_prediction(const Prediction& prediction) {
  prediction_ = prediction;
  describe();
  update();
}

QString GoalCard::figures() const {
  if (prediction_.failure) return prediction_.failure->text();
  if (!prediction_.plan) return tr("working out what it takes…");
  QStringList parts;
  for (const PlanFigure& figure : short_figures(*prediction_.plan))
    parts << figure.name + QLatin1Char(' ') + figure.value;
  if (!prediction_.plan->fits) parts << tr("does not fit");
  return parts.join(QStringLiteral(", "));
}

void GoalCard::describe() {
  setAccessibleDescription(explanation_ + QLatin1Char(' ') + figures());
  QStringList lines;
  if (prediction_.plan)
    for (const PlanFigure& figure : short_figures(*prediction_.plan))
      lines << QStringLiteral("%1: %2 (%3)").arg(figure.name, figure.value, figure.tip);
  setToolTip(lines.join(QLatin1Char('\n')));
}

int GoalCard::heightForWidth(int width) const {
  const QFontMetrics metrics(ui::text_font(ui::TextSize::body));
  const QRect text = metrics.boundingRect(QRect(0, 0, width - 2 * margin, 1000), Qt::TextWordWrap, explanation_);
  return 2 * margin + title_height + text.height() + between + figures_height;
}

void GoalCard::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  const QRectF box = QRectF(rect()).adjusted(1, 1, -1, -1);
  const QColor ground = isChecked() ? palette.selection : underMouse() || isDown() ? palette.hover : palette.surface;
  ui::paint_box(painter, box, ui::radius, ground, isChecked() ? palette.accent : palette.border, isChecked() ? 2 : 1);
  const QRect inside = rect().adjusted(margin, margin, -margin, -margin);
  // A mark beside the colour: chosen or not.
  const QRectF dot(inside.right() - 18, inside.top() + 1, 18, 18);
  ui::paint_box(painter, dot, 9, isChecked() ? palette.accent : QColor(),
                isChecked() ? palette.accent : palette.control, 1.5);
  if (isChecked()) ui::paint_check_mark(painter, dot.adjusted(3, 3, -3, -3), palette.on_accent);
  painter.setFont(ui::text_font(ui::TextSize::reading, QFont::DemiBold));
  painter.setPen(palette.text);
  painter.drawText(inside, Qt::AlignTop | Qt::AlignLeft, title_);
  if (recommended_) {
    const int after = painter.fontMetrics().horizontalAdvance(title_) + 10;
    painter.setFont(ui::text_font(ui::TextSize::caption));
    painter.setPen(palette.secondary);
    painter.drawText(inside.adjusted(after, 4, 0, 0), Qt::AlignTop | Qt::AlignLeft, tr("suits these data"));
  }
  painter.setFont(ui::text_font(ui::TextSize::body));
  painter.setPen(palette.secondary);
  painter.drawText(inside.adjusted(0, title_height, 0, -figures_height),
                   Qt::AlignTop | Qt::AlignLeft | Qt::TextWordWrap, explanation_);
  const QRect foot(inside.left(), inside.bottom() - figures_height + 1, inside.width(), figures_height);
  if (!prediction_.plan) {
    painter.setFont(ui::text_font(ui::TextSize::caption));
    painter.setPen(prediction_.failure ? palette.danger : palette.secondary);
    painter.drawText(foot, Qt::AlignBottom | Qt::AlignLeft | Qt::TextWordWrap, figures());
  } else {
    const QList<PlanFigure> list = short_figures(*prediction_.plan);
    qreal left = foot.left();
    for (qsizetype i = 0; i < list.size(); ++i) {
      const bool over = i == 0 && !prediction_.plan->fits;
      const QString name = over ? tr("Does not fit") : list[i].name;
      const qreal wide = std::max(ui::tabular_width(ui::text_font(ui::TextSize::body), list[i].value),
                                  ui::tabular_width(ui::text_font(ui::TextSize::caption), name));
      const QRectF cell(left, foot.top(), std::min(wide + 1, foot.right() - left), foot.height());
      left += wide + between_figures;
      painter.setFont(ui::text_font(ui::TextSize::caption));
      painter.setPen(over ? palette.danger : palette.secondary);
      painter.drawText(cell, Qt::AlignTop | Qt::AlignLeft, name);
      painter.setFont(ui::text_font(ui::TextSize::body));
      painter.setPen(over ? palette.danger : palette.text);
      painter.setClipRect(cell);
      ui::draw_tabular(painter, {cell.left(), cell.bottom() - 4}, list[i].value);
      painter.setClipping(false);
    }
  }
  if (hasFocus()) ui::paint_focus_ring(painter, box, ui::radius, palette.accent);
}

}  // namespace diptych::finetune
