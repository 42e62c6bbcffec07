// One side of two: a title, and a text or a picture.
#pragma once

#include <QImage>

#include "ui/widgets/card.h"

class QLabel;
class QTextEdit;

namespace diptych::finetune {

class AnswerCard : public ui::Card {
  Q_OBJECT

 public:
  explicit AnswerCard(QWidget* parent = nullptr);

  void set_title(const QString& title);
  void set_text(const QString& text);
  void set_image(const QImage& image);
  void set_status(const QString& status);  // in place of both; empty: none
  QString text() const;
  QString title() const;
  QImage image() const { return image_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void show_image();

  QLabel* title_;
  QLabel* picture_;
  QTextEdit* text_;
  QLabel* status_;
  QImage image_;
};

}  // namespace diptych::finetune
