#include "ui/panels/settings/settings_panel.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QDir>
#include <QUrl>

#include "ui/panels/settings/host_settings.h"
#include "ui/panels/settings/settings_page.h"

namespace diptych::ui {

SettingsPanel::SettingsPanel(Preferences* preferences, HostLink* link, QObject* parent)
    : Panel(parent), host_(new HostSettingsClient(link, this)), page_(new SettingsPage(preferences, link, host_)) {
  connect(host_, &HostSettingsClient::failed, this, [this](const QString& message) {
    emit notice({Notice::Level::error, message, {}, {}});
  });
  connect(page_, &SettingsPage::open_folder, this, [this](const QString& path) {
    if (!QDir(path).exists() || !QDesktopServices::openUrl(QUrl::fromLocalFile(path)))
      emit notice({Notice::Level::warning, tr("The folder cannot be opened: %1").arg(path), {}, {}});
  });
}

SettingsPanel::~SettingsPanel() {
  if (page_ && !page_->parent()) delete page_;
}

QWidget* SettingsPanel::content() {
  return page_;
}

void SettingsPanel::shown() {
  if (auto* first = page_->findChild<QComboBox*>()) first->setFocus(Qt::OtherFocusReason);
}

}  // namespace diptych::ui
