// The row below the canvas' bar while a mask is painted: brush, feather, eraser, and what is done with the whole mask.
#pragma once

#include <QWidget>

class QSlider;
class QToolButton;

namespace diptych::create {

class ImageCanvas;
class MaskLayer;

class MaskBar : public QWidget {
  Q_OBJECT

 public:
  MaskBar(ImageCanvas* canvas, MaskLayer* mask, QWidget* parent = nullptr);  // both must outlive it

  QToolButton* extend_button() const { return extend_; }

 signals:
  void done();

 private:
  QToolButton* add_button(const QString& icon_name, const QString& object_name, const QString& tip,
                          bool checkable = false);
  QSlider* add_slider(const QString& name, const QString& object_name, int low, int high);
  void refresh();

  ImageCanvas* canvas_;
  MaskLayer* mask_;
  QSlider* size_;
  QSlider* feather_;
  QToolButton* eraser_;
  QToolButton* extend_;
  QToolButton* undo_;
  QToolButton* redo_;
};

}  // namespace diptych::create
