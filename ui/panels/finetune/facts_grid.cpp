#include "ui/panels/finetune/facts_grid.h"

#include <QGridLayout>
#include <QLabel>

#include "ui/theme/style.h"

namespace diptych::finetune {

FactsGrid::FactsGrid(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setHorizontalSpacing(2 * ui::grid);
  grid_->setVerticalSpacing(6);
  grid_->setColumnStretch(1, 1);
}

void FactsGrid::clear() {
  while (QLayoutItem* item = grid_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();
    delete item;
  }
}

void FactsGrid::add(const QString& name, const QString& value, const QString& tip) {
  auto* label = new QLabel(name, this);
  label->setForegroundRole(QPalette::PlaceholderText);
  auto* figure = new QLabel(value, this);
  figure->setWordWrap(true);
  figure->setTextFormat(Qt::PlainText);
  figure->setTextInteractionFlags(Qt::TextSelectableByMouse);
  for (QLabel* one : {label, figure}) one->setToolTip(tip);
  figure->setAccessibleName(name + QStringLiteral(": ") + value);
  const int row = grid_->rowCount();
  grid_->addWidget(label, row, 0, Qt::AlignTop);
  grid_->addWidget(figure, row, 1, Qt::AlignTop);
}

void FactsGrid::set_lines(const QStringList& lines) {
  clear();
  for (const QString& line : lines) add(line.section(QLatin1Char('\t'), 0, 0), line.section(QLatin1Char('\t'), 1));
}

QString FactsGrid::value(const QString& name) const {
  for (int i = 0; i + 1 < grid_->count(); i += 2)
    if (static_cast<QLabel*>(grid_->itemAt(i)->widget())->text() == name)
      return static_cast<QLabel*>(grid_->itemAt(i + 1)->widget())->text();
  return {};
}

}  // namespace diptych::finetune
