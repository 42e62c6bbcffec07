#include "ui/panels/finetune/page_frame.h"

#include <QHBoxLayout>
#include <QLabel>

#include "ui/theme/style.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"

namespace diptych::finetune {
namespace {

constexpr int widest_page = 1240;  // px

}  // namespace

PageFrame::PageFrame(const QString& title, const QString& intro, QWidget* parent)
    : QScrollArea(parent),
      page_(new QWidget(this)),
      title_(new ui::ElidedLabel(title, page_)),
      intro_(new QLabel(intro, page_)),
      body_(new QVBoxLayout) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::NoFocus);
  setAccessibleName(title);
  setWhatsThis(intro);
  title_->setFont(ui::text_font(ui::TextSize::title, QFont::DemiBold));
  intro_->setWordWrap(true);
  intro_->setTextFormat(Qt::PlainText);
  intro_->setForegroundRole(QPalette::PlaceholderText);
  intro_->setVisible(!intro.isEmpty());
  auto* head = new QHBoxLayout;
  head->setSpacing(ui::grid);
  head->addWidget(title_);
  head->addStretch(1);
  head->setObjectName(QStringLiteral("pageHead"));
  auto* column = new QVBoxLayout(page_);
  column->setContentsMargins(3 * ui::grid, 2 * ui::grid, 3 * ui::grid, 2 * ui::grid);
  column->setSpacing(ui::grid);
  column->addLayout(head);
  column->addWidget(intro_);
  body_->setSpacing(2 * ui::grid);
  body_->setContentsMargins(0, ui::grid, 0, 0);
  column->addLayout(body_, 1);
  page_->setMaximumWidth(widest_page);
  setWidget(page_);
}

void PageFrame::use_whole_width() {
  page_->setMaximumWidth(QWIDGETSIZE_MAX);
}

void PageFrame::set_title(const QString& title) {
  title_->set_text(title);
  setAccessibleName(title);
}

void PageFrame::set_intro(const QString& intro) {
  intro_->setText(intro);
  setWhatsThis(intro);
  intro_->setVisible(!intro.isEmpty());
}

void PageFrame::add_beside_title(QWidget* widget) {
  page_->findChild<QHBoxLayout*>(QStringLiteral("pageHead"))->addWidget(widget);
}

QLabel* make_heading(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  return label;
}

QLabel* make_quiet(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setFont(ui::text_font(ui::TextSize::caption));
  label->setForegroundRole(QPalette::PlaceholderText);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  return label;
}

}  // namespace diptych::finetune
