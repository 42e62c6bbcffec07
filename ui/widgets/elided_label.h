// A label of one line that shortens its text with "…" and keeps the whole of it in the tooltip.
#pragma once

#include <QLabel>

namespace diptych::ui {

class ElidedLabel : public QLabel {
  Q_OBJECT

 public:
  explicit ElidedLabel(const QString& text = {}, QWidget* parent = nullptr);

  void set_text(const QString& text);
  QString full_text() const { return full_; }
  void set_hint(const QString& hint);  // said in the tooltip, below what was cut
  QSize minimumSizeHint() const override;
  QSize sizeHint() const override;

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void elide();

  QString full_, hint_;
};

}  // namespace diptych::ui
