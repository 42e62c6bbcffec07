// The page of the Settings panel. Everything applies at once.
#pragma once

#include <QScrollArea>
#include <functional>
#include <vector>

class QComboBox;
class QFormLayout;
class QLabel;
class QVBoxLayout;

namespace diptych::ui {

class HostLink;
class HostSettingsClient;
class Preferences;

class SettingsPage : public QScrollArea {
  Q_OBJECT

 public:
  SettingsPage(Preferences* preferences, HostLink* link, HostSettingsClient* host, QWidget* parent = nullptr);

 signals:
  void open_folder(const QString& path);

 protected:
  void focusInEvent(QFocusEvent* event) override;

 private:
  QFormLayout* add_section(const QString& title, const QString& text);
  void add_row(QFormLayout* form, const QString& label, QWidget* field, const QString& help);
  void add_folder(QFormLayout* form, const QString& label, const QString& path);
  void build_window();
  void build_engine();
  void build_about();
  void refresh();

  Preferences* preferences_;
  HostLink* link_;
  HostSettingsClient* host_;
  QVBoxLayout* column_;
  QWidget* page_;
  std::vector<std::function<void()>> refreshers_;
  bool refreshing_ = false;
};

}  // namespace diptych::ui
