#include "ui/panels/settings/host_settings.h"

#include "ui/client/text.h"

namespace diptych::ui {
namespace {

const QString path = QStringLiteral("/api/settings");

}  // namespace

HostSettingsClient::HostSettingsClient(HostLink* link, QObject* parent) : QObject(parent), link_(link) {
  connect(link, &HostLink::state_changed, this, [this](HostLink::State state) {
    if (state == HostLink::State::ready) return fetch();
    known_ = false;
    emit changed();
  });
  connect(link, &HostLink::received, this, [this](const QString& type, const api::Json& data) {
    if (type == QLatin1String("settings_changed")) take(data);
  });
}

void HostSettingsClient::fetch() {
  link_->http()->get(path, this, [this](const Reply& reply) {
    if (reply.ok())
      take(reply.json);
    else if (!reply.unreachable())
      emit failed(qt(reply.error->message));
  });
}

void HostSettingsClient::take(const api::Json& json) {
  try {
    settings_ = api::from_json<api::HostSettings>(json);
    known_ = true;
    emit changed();
  } catch (const api::FieldError& error) {
    emit failed(tr("The engine's settings cannot be read: %1").arg(error.what()));
  }
}

void HostSettingsClient::change(const std::function<void(api::HostSettings&)>& change) {
  api::HostSettings next = settings_;
  change(next);
  if (!known_ || next == settings_) return;
  settings_ = next;
  link_->http()->put(path, api::to_json(next), this, [this](const Reply& reply) {
    if (reply.ok()) return;
    emit failed(qt(reply.error->message));
    fetch();  // what holds is what the host says
  });
}

}  // namespace diptych::ui
