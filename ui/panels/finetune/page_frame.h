// What every page of the wizard has: a title, a sentence that says what is to be done, and its body.
#pragma once

#include <QScrollArea>

class QLabel;
class QVBoxLayout;

namespace diptych::ui {
class ElidedLabel;
}

namespace diptych::finetune {

class PageFrame : public QScrollArea {
  Q_OBJECT

 public:
  PageFrame(const QString& title, const QString& intro, QWidget* parent = nullptr);

  void set_title(const QString& title);
  void set_intro(const QString& intro);
  QVBoxLayout* body() const { return body_; }
  QWidget* page() const { return page_; }
  void add_beside_title(QWidget* widget);  // at the right
  void use_whole_width();                  // of pages with pictures and charts: others stay as wide as is read well

 private:
  QWidget* page_;
  ui::ElidedLabel* title_;
  QLabel* intro_;
  QVBoxLayout* body_;
};

QLabel* make_heading(const QString& text, QWidget* parent);
QLabel* make_quiet(const QString& text, QWidget* parent);  // small, secondary, wraps

}  // namespace diptych::finetune
