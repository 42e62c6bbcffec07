#include "ui/panels/create/canvas_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QToolButton>
#include <cmath>

#include "ui/panels/create/create_actions.h"
#include "ui/theme/typography.h"

namespace diptych::create {

CanvasBar::CanvasBar(CreateActions* actions, QWidget* parent)
    : QWidget(parent), row_(new QHBoxLayout(this)), scale_(new QLabel(this)) {
  row_->setContentsMargins(8, 8, 8, 8);
  row_->setSpacing(2);
  add(actions->fit);
  add(actions->actual_size);
  scale_->setFont(ui::text_font(ui::TextSize::caption));
  scale_->setForegroundRole(QPalette::PlaceholderText);
  scale_->setMinimumWidth(48);
  scale_->setAlignment(Qt::AlignCenter);
  scale_->setToolTip(tr("Pixels of the screen per pixel of the picture"));
  row_->addWidget(scale_);
  add(actions->compare);
  add(actions->mask);
  row_->addStretch(1);
  for (QAction* action : {actions->use_as_input, actions->upscale, actions->favourite, actions->copy, actions->save_as,
                          actions->reveal, actions->remove, actions->show_plot, actions->plot})
    add(action);
  set_scale(0);
}

void CanvasBar::add(QAction* action) {
  auto* button = new QToolButton(this);
  button->setDefaultAction(action);
  button->setIconSize({18, 18});
  button->setFixedSize(32, 32);
  button->setAutoRaise(true);
  button->setFocusPolicy(Qt::TabFocus);
  button->setAccessibleName(action->text());
  row_->addWidget(button);
  const auto follow = [button, action] { button->setVisible(action->isVisible()); };
  connect(action, &QAction::changed, button, follow);
  follow();
}

void CanvasBar::set_scale(double scale) {
  const QString percent = QLocale().toString(std::lround(scale * 100));
  scale_->setText(scale > 0 ? QStringLiteral("%1%2%").arg(percent).arg(QChar(QChar::Nbsp)) : QString());
  scale_->setAccessibleName(tr("Scale %1").arg(scale_->text()));
}

}  // namespace diptych::create
