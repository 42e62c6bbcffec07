// The middle of the Create panel: what is done with the picture, the picture, what it took.
#pragma once

#include <QWidget>

#include "ui/panels/create/create_controller.h"

class QPushButton;
class QStackedWidget;

namespace diptych::ui {
class EmptyState;
}

namespace diptych::create {

class CanvasBar;
class CreateActions;
class DropZones;
class ImageCanvas;
class MaskBar;

class CreateContent : public QWidget {
  Q_OBJECT

 public:
  // Both must outlive it.
  CreateContent(CreateController* controller, CreateActions* actions, QWidget* parent = nullptr);

  ImageCanvas* canvas() const { return canvas_; }
  MaskBar* mask_bar() const { return mask_bar_; }
  DropZones* drop_zones() const { return zones_; }
  void set_painting(bool on);  // the input picture with its mask, in place of the result
  bool painting() const { return painting_; }
  void compare_with(const QString& id);

 signals:
  void models_requested();

 private:
  void build();
  void show_missing();
  void fit_brush();
  void refresh();
  void show_picture();
  void stop_comparing();
  void take_input(const QByteArray& picture);

  CreateController* controller_;
  CreateActions* actions_;
  CanvasBar* bar_;
  ImageCanvas* canvas_;
  MaskBar* mask_bar_;
  QStackedWidget* stack_;
  ui::EmptyState* no_model_;
  ui::EmptyState* no_picture_;
  ui::EmptyState* missing_;  // what the chosen model needs
  QPushButton* get_ = nullptr;
  DropZones* zones_;
  bool painting_ = false;
  QSize brush_for_;        // the size of picture that the brush was made for
  QString before_, last_;  // pictures shown before this one, and this one
};

}  // namespace diptych::create
