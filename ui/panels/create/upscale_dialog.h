// A picture made larger: how, what that will take, and the job that does it.
#pragma once

#include <QDialog>
#include <QTimer>

#include "engine/api/image.h"
#include "ui/panels/create/settings_store.h"

class QImage;
class QLabel;
class QPushButton;

namespace diptych::create {

class CreateController;
class SettingsForm;

// What a picture with these settings is enlarged with: the words and the model stay, for its details; what it was made
// from does not. `picture`: the id of one of the gallery or of an upload.
api::ImageSettings upscale_settings(CreateController* controller, const api::ImageSettings& of, const QString& picture);

class UpscaleDialog : public QDialog {
  Q_OBJECT

 public:
  // `controller` must outlive it.
  UpscaleDialog(CreateController* controller, const api::ImageSettings& settings, const QImage& picture,
                QWidget* parent = nullptr);

  const api::ImageSettings& settings() const { return store_.settings(); }
  SettingsStore* store() { return &store_; }
  QPushButton* start_button() const { return start_; }
  QLabel* cost() const { return cost_; }

 private:
  void add_fields();
  void build(const QImage& picture);
  void settings_changed();
  void predict();
  void show_cost(const QString& text, bool problem);

  CreateController* controller_;
  SettingsStore store_;
  SettingsForm* form_;
  QLabel* sizes_;
  QLabel* cost_;
  QPushButton* start_;
  QTimer predict_timer_;
  QSize size_;     // of the picture
  int asked_ = 0;  // answers of earlier questions are of no use
};

}  // namespace diptych::create
