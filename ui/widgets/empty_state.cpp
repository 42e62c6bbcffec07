#include "ui/widgets/empty_state.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::ui {

EmptyState::EmptyState(const QString& icon_name, const QString& title, const QString& text, QWidget* parent)
    : QWidget(parent),
      icon_name_(icon_name),
      picture_(new QLabel(this)),
      title_(new QLabel(this)),
      text_(new QLabel(this)),
      buttons_(new QWidget(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(3 * grid, 3 * grid, 3 * grid, 3 * grid);
  column->setSpacing(grid);
  column->addStretch(2);
  picture_->setAlignment(Qt::AlignCenter);
  column->addWidget(picture_);
  title_->setFont(text_font(TextSize::title, QFont::DemiBold));
  text_->setFont(text_font(TextSize::body));
  for (QLabel* label : {title_, text_}) {
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    column->addWidget(label);
  }
  text_->setMaximumWidth(52 * grid);
  column->setAlignment(text_, Qt::AlignHCenter);
  auto* row = new QHBoxLayout(buttons_);
  row->setContentsMargins(0, grid, 0, 0);
  row->addStretch();
  row->addStretch();
  column->addWidget(buttons_);
  column->addStretch(3);
  set_text(title, text);
  tint();
}

QPushButton* EmptyState::add_action(const QString& text) {
  auto* row = static_cast<QHBoxLayout*>(buttons_->layout());
  auto* button = new QPushButton(text, buttons_);
  button->setProperty("primary", row->count() == 2);
  row->insertWidget(row->count() - 1, button);
  return button;
}

void EmptyState::set_text(const QString& title, const QString& text) {
  title_->setText(title);
  text_->setText(text);
  const int width = std::min(52 * grid, text_->fontMetrics().horizontalAdvance(text) + grid);
  text_->setMinimumWidth(width);
  text_->setMinimumHeight(std::max(0, text_->heightForWidth(width)));  // centred, it would get one line's height
}

void EmptyState::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) tint();
  QWidget::changeEvent(event);
}

void EmptyState::tint() {
  picture_->setPixmap(icon_pixmap(icon_name_, 48, theme_palette().secondary, devicePixelRatioF()));
  QPalette quiet = QPalette();
  quiet.setColor(QPalette::WindowText, theme_palette().secondary);
  if (text_->palette().color(QPalette::WindowText) != theme_palette().secondary) text_->setPalette(quiet);
}

}  // namespace diptych::ui
