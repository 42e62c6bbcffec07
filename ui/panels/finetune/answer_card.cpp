#include "ui/panels/finetune/answer_card.h"

#include <QLabel>
#include <QTextEdit>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/panels/finetune/page_frame.h"
#include "ui/theme/style.h"

namespace diptych::finetune {
namespace {

constexpr int picture_side = 256;  // px, at most

}  // namespace

AnswerCard::AnswerCard(QWidget* parent)
    : Card(Ground::surface, parent),
      title_(make_heading({}, this)),
      picture_(new QLabel(this)),
      text_(new QTextEdit(this)),
      status_(make_quiet({}, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(2 * ui::grid, 12, 2 * ui::grid, 12);
  column->setSpacing(6);
  column->addWidget(title_);
  column->addWidget(status_);
  column->addWidget(picture_);
  column->addWidget(text_, 1);
  text_->setReadOnly(true);
  text_->setFrameShape(QFrame::NoFrame);
  text_->document()->setDocumentMargin(0);
  text_->setMinimumHeight(72);
  text_->setTabChangesFocus(true);
  text_->viewport()->setAutoFillBackground(false);
  picture_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  picture_->hide();
  status_->hide();
}

void AnswerCard::set_title(const QString& title) {
  title_->setText(title);
  text_->setAccessibleName(title);
  picture_->setAccessibleName(title);
  setAccessibleName(title);
}

void AnswerCard::set_text(const QString& text) {
  if (text_->toPlainText() != text) text_->setPlainText(text);
}

void AnswerCard::set_image(const QImage& image) {
  if (image_.cacheKey() == image.cacheKey()) return;
  image_ = image;
  picture_->setVisible(!image.isNull());
  text_->setVisible(image.isNull());
  show_image();
}

void AnswerCard::set_status(const QString& status) {
  status_->setText(status);
  status_->setVisible(!status.isEmpty());
}

QString AnswerCard::text() const {
  return text_->toPlainText();
}
QString AnswerCard::title() const {
  return title_->text();
}

void AnswerCard::resizeEvent(QResizeEvent* event) {
  Card::resizeEvent(event);
  show_image();
}

void AnswerCard::show_image() {
  if (image_.isNull()) return picture_->setPixmap({});
  const int side = std::min(picture_side, std::max(64, width() - 4 * ui::grid));
  const qreal ratio = devicePixelRatioF();
  QImage shown = image_.scaled(QSize(side, side) * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation);
  shown.setDevicePixelRatio(ratio);
  picture_->setPixmap(QPixmap::fromImage(shown));
}

}  // namespace diptych::finetune
