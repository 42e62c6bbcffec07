#include "ui/panels/create/missing_model_box.h"

#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

#include "ui/panels/create/missing_model.h"
#include "ui/theme/typography.h"

namespace diptych::create {

MissingModelBox::MissingModelBox(MissingModel* missing, QWidget* parent)
    : QWidget(parent),
      missing_(missing),
      why_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      line_(new QLabel(this)),
      get_(new QPushButton(this)),
      cancel_(new QPushButton(tr("Cancel"), this)) {
  setObjectName(QStringLiteral("missingModel"));
  why_->setWordWrap(true);
  why_->setTextFormat(Qt::PlainText);
  line_->setFont(ui::text_font(ui::TextSize::caption));
  line_->setForegroundRole(QPalette::PlaceholderText);
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  bar_->setFixedHeight(4);
  bar_->setAccessibleName(tr("Progress of the download"));
  get_->setObjectName(QStringLiteral("getMissingModel"));
  cancel_->setObjectName(QStringLiteral("cancelGet"));
  cancel_->setAccessibleName(tr("Cancel the download"));
  for (QPushButton* button : {get_, cancel_}) button->setAutoDefault(false);
  auto* layout = new QGridLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  layout->addWidget(why_, 0, 0, 1, 2);
  layout->addWidget(bar_, 1, 0, 1, 2);
  layout->addWidget(line_, 2, 0);
  layout->addWidget(get_, 2, 0, Qt::AlignLeft);
  layout->addWidget(cancel_, 2, 1);
  layout->setColumnStretch(0, 1);
  connect(get_, &QPushButton::clicked, missing, &MissingModel::get);
  connect(cancel_, &QPushButton::clicked, missing, &MissingModel::cancel);
  connect(missing, &MissingModel::changed, this, &MissingModelBox::refresh);
  refresh();
}

void MissingModelBox::refresh() {
  const bool needed = missing_->needed() != nullptr, getting = missing_->getting();
  setVisible(needed);
  if (!needed) return;
  why_->setText(missing_->why());
  get_->setText(missing_->get_title());
  get_->setVisible(!getting);
  for (QWidget* one : {static_cast<QWidget*>(bar_), static_cast<QWidget*>(line_), static_cast<QWidget*>(cancel_)})
    one->setVisible(getting);
  bar_->setValue(static_cast<int>(missing_->share() * 1000));
  line_->setText(missing_->progress_line());
}

}  // namespace diptych::create
