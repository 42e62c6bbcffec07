#include "ui/panels/finetune/validation_row.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <cmath>

#include "ui/panels/finetune/draft_session.h"
#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/widgets/elided_label.h"

namespace diptych::finetune {

ValidationRow::ValidationRow(DraftSession* draft, QWidget* parent)
    : QWidget(parent),
      draft_(draft),
      share_(new QSpinBox(this)),
      unit_(new QLabel(tr("of 100 examples"), this)),
      file_(new ui::ElidedLabel({}, this)),
      remove_(new QToolButton(this)),
      choose_(new QPushButton(tr("A file of its own…"), this)) {
  const QString tip =
      tr("Examples that are not learnt from. Their loss says whether something general is learnt: when "
         "it rises while the training loss falls, the examples are only remembered.");
  share_->setRange(0, 50);
  share_->setKeyboardTracking(false);
  share_->setObjectName(QStringLiteral("heldOut"));
  share_->setAccessibleName(tr("Held out of each 100 examples"));
  share_->setSpecialValueText(tr("none"));
  share_->setFixedWidth(88);
  for (QWidget* widget : {static_cast<QWidget*>(share_), static_cast<QWidget*>(choose_)}) {
    widget->setToolTip(tip);
    widget->setWhatsThis(tip);
  }
  auto* label = new QLabel(tr("Held out for validation"), this);
  label->setToolTip(tip);
  label->setBuddy(share_);
  for (QLabel* words : {label, unit_}) words->setWordWrap(true);
  choose_->setAutoDefault(false);
  remove_->setIcon(ui::icon(QStringLiteral("close")));
  remove_->setAutoRaise(true);
  remove_->setFixedSize(28, 28);
  remove_->setToolTip(tr("Take the file out and hold out a share again"));
  remove_->setAccessibleName(tr("Take out the validation file"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(ui::grid);
  row->addWidget(label, 1);
  row->addWidget(share_);
  row->addWidget(unit_, 1);
  row->addWidget(file_, 1);
  row->addWidget(remove_);
  row->addStretch(1);
  row->addWidget(choose_);
  connect(share_, &QSpinBox::valueChanged, draft, [draft](int value) { draft->set_held_out(value / 100.0); });
  connect(remove_, &QToolButton::clicked, draft, [draft] { draft->set_held_out(0.05); });
  connect(choose_, &QPushButton::clicked, this, &ValidationRow::choose_file);
  connect(draft, &DraftSession::draft_changed, this, &ValidationRow::refresh);
  connect(draft, &DraftSession::opened, this, &ValidationRow::refresh);
  refresh();
}

void ValidationRow::refresh() {
  const QString path = draft_->validation_file();
  const QSignalBlocker quiet(share_);
  share_->setValue(static_cast<int>(std::lround(draft_->held_out() * 100)));
  share_->setVisible(path.isEmpty());
  unit_->setVisible(path.isEmpty() && share_->value() > 0);
  unit_->setText(draft_->draft().kind == api::TrainingKind::image ? tr("of 100 pictures") : tr("of 100 examples"));
  file_->setVisible(!path.isEmpty());
  file_->set_text(QFileInfo(path).fileName());
  file_->set_hint(path);
  remove_->setVisible(!path.isEmpty());
}

void ValidationRow::choose_file() {
  const bool images = draft_->draft().kind == api::TrainingKind::image;
  auto* dialog = new QFileDialog(this, tr("Data for validation"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(images ? QFileDialog::Directory : QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, draft_, &DraftSession::set_validation_file);
  dialog->open();
}

}  // namespace diptych::finetune
