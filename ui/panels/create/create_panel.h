// The Create panel: gallery, canvas, settings.
#pragma once

#include <QPointer>

#include "ui/panels/create/create_controller.h"
#include "ui/widgets/panel.h"

namespace diptych::ui {
class Preferences;
}

namespace diptych::create {

class CreateActions;
class CreateContent;
class GalleryPane;
class ParametersPane;
class PictureFiles;
class QueuePopup;

class CreatePanel : public ui::Panel {
  Q_OBJECT

 public:
  // Both must outlive it. The settings are kept in `preferences`.
  CreatePanel(CreateService* service, ui::Preferences* preferences, QObject* parent = nullptr);
  ~CreatePanel() override;

  QString id() const override { return QStringLiteral("create"); }
  QString title() const override { return tr("Create"); }
  QString icon_name() const override { return QStringLiteral("create"); }
  QWidget* list() override;
  QWidget* content() override;
  QWidget* inspector() override;
  bool inspector_leads() const override { return true; }
  QList<QAction*> actions() override;
  void create_new() override;
  void find() override;
  void shown() override;
  bool cancel() override;

  CreateController* controller() { return &controller_; }
  CreateContent* canvas_page() const;
  GalleryPane* gallery() const;
  ParametersPane* parameters() const;
  CreateActions* commands() const { return actions_; }

 signals:
  void models_requested();

 private:
  void connect_actions();
  void connect_widgets();
  void show_menu(const QString& id, const QPoint& at);
  void tell_restored(const api::RestoredSettings& restored);
  void open_queue();
  void open_plot();
  void open_upscale(const QString& id);
  void open_upscale_of_input();
  void show_plot(const QString& id);
  void keep_settings();

  ui::Preferences* preferences_;
  CreateController controller_;
  CreateActions* actions_;
  QPointer<GalleryPane> pane_;
  QPointer<CreateContent> content_;
  QPointer<ParametersPane> parameters_;
  QPointer<QueuePopup> queue_;
  PictureFiles* files_;
  QTimer keep_timer_;
};

// What a notice says of settings that were read from a picture.
QString restored_text(const api::RestoredSettings& restored);

}  // namespace diptych::create
