#include "ui/widgets/strength_row.h"

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QToolButton>

#include "ui/theme/icons.h"
#include "ui/widgets/elided_label.h"

namespace diptych::ui {

StrengthRow::StrengthRow(const QString& name, QWidget* parent)
    : QWidget(parent),
      label_(new ElidedLabel(name, this)),
      strength_(new QDoubleSpinBox(this)),
      remove_(new QToolButton(this)) {
  strength_->setRange(-10, 10);
  strength_->setSingleStep(0.05);
  strength_->setFixedWidth(76);
  strength_->setAccessibleName(tr("Strength of %1").arg(name));
  strength_->setToolTip(tr("Strength; 0 changes nothing"));
  remove_->setIcon(icon(QStringLiteral("close")));
  remove_->setAutoRaise(true);
  remove_->setFixedSize(28, 28);
  remove_->setToolTip(tr("Remove %1").arg(name));
  remove_->setAccessibleName(tr("Remove %1").arg(name));
  auto* line = new QHBoxLayout(this);
  line->setContentsMargins(0, 0, 0, 0);
  line->setSpacing(4);
  line->addWidget(label_, 1);
  line->addWidget(strength_);
  line->addWidget(remove_);
}

}  // namespace diptych::ui
