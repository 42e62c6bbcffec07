// The host's settings as this window knows them; a change is sent at once and told to everybody by the host.
#pragma once

#include <QObject>
#include <functional>

#include "engine/api/settings.h"
#include "ui/client/host_link.h"

namespace diptych::ui {

class HostSettingsClient : public QObject {
  Q_OBJECT

 public:
  explicit HostSettingsClient(HostLink* link, QObject* parent = nullptr);  // `link` must outlive it

  bool known() const { return known_; }
  const api::HostSettings& settings() const { return settings_; }
  void change(const std::function<void(api::HostSettings&)>& change);

 signals:
  void changed();  // known() or settings()
  void failed(const QString& message);

 private:
  void fetch();
  void take(const api::Json& json);

  HostLink* link_;
  api::HostSettings settings_;
  bool known_ = false;
};

}  // namespace diptych::ui
