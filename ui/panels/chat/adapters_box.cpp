#include "ui/panels/chat/adapters_box.h"

#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/strength_row.h"

namespace diptych::chat {
namespace {

// Runs write their adapters into folders of one name: the folder above tells more.
QString adapter_title(const QString& file) {
  const QFileInfo info(file);
  const bool generic =
      info.completeBaseName() == QLatin1String("adapter_model") || info.fileName() == QLatin1String("adapter");
  return generic ? QFileInfo(info.path()).fileName() : info.completeBaseName();
}

}  // namespace

AdaptersBox::AdaptersBox(QWidget* parent) : QWidget(parent), rows_(new QVBoxLayout) {
  setObjectName(QStringLiteral("chatAdapters"));
  auto* title = new QLabel(tr("Adapters"), this);
  title->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  rows_->setSpacing(4);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 8, 0, 0);
  column->setSpacing(6);
  column->addWidget(title);
  column->addLayout(rows_);
  hide();
}

// The rows stay while only strengths change: one of their fields may be in use.
void AdaptersBox::set_adapters(const QList<ChatAdapter>& adapters) {
  const bool same = std::ranges::equal(adapters, adapters_, {}, &ChatAdapter::file, &ChatAdapter::file);
  adapters_ = adapters;
  setVisible(!adapters.isEmpty());
  if (!same) {
    while (QLayoutItem* item = rows_->takeAt(0)) {
      item->widget()->hide();
      item->widget()->deleteLater();
      delete item;
    }
    for (qsizetype i = 0; i < adapters_.size(); ++i) rows_->addWidget(make_row(i));
  }
  for (int i = 0; i < rows_->count(); ++i) {
    auto* scale = rows_->itemAt(i)->widget()->findChild<QDoubleSpinBox*>();
    const QSignalBlocker quiet(scale);
    scale->setValue(adapters_[i].scale);
  }
}

QWidget* AdaptersBox::make_row(qsizetype index) {
  const QString file = adapters_[index].file, name = adapter_title(file);
  auto* row = new ui::StrengthRow(name, this);
  row->label()->set_hint(file);
  row->remove()->setToolTip(tr("Answer without %1").arg(name));
  connect(row->strength(), &QDoubleSpinBox::valueChanged, this, [this, index](double value) {
    adapters_[index].scale = value;
    emit changed(adapters_);
  });
  connect(row->remove(), &QToolButton::clicked, this, [this, index] {
    QList<ChatAdapter> rest = adapters_;
    rest.removeAt(index);
    set_adapters(rest);
    emit changed(rest);
  });
  return row;
}

}  // namespace diptych::chat
