// The Settings panel.
#pragma once

#include <QPointer>

#include "ui/widgets/panel.h"

namespace diptych::ui {

class HostLink;
class HostSettingsClient;
class Preferences;
class SettingsPage;

class SettingsPanel : public Panel {
  Q_OBJECT

 public:
  SettingsPanel(Preferences* preferences, HostLink* link, QObject* parent = nullptr);  // both must outlive it
  ~SettingsPanel() override;

  QString id() const override { return QStringLiteral("settings"); }
  QString title() const override { return tr("Settings"); }
  QString icon_name() const override { return QStringLiteral("settings"); }
  QWidget* content() override;
  QList<QAction*> actions() override { return {}; }
  void shown() override;

 private:
  HostSettingsClient* host_;
  QPointer<SettingsPage> page_;
};

}  // namespace diptych::ui
