#include "ui/client/host_link.h"

#include <QDateTime>
#include <algorithm>
#include <utility>

#include "ui/client/text.h"

namespace diptych::ui {
namespace {

constexpr int first_look_wait_ms = 50;
constexpr int longest_look_wait_ms = 2000;

}  // namespace

HostLink::HostLink(const QString& program, const std::optional<HostAddress>& address, QObject* parent)
    : QObject(parent), address_(address), process_(program), events_(&http_) {
  look_timer_.setSingleShot(true);
  connect(&look_timer_, &QTimer::timeout, this, &HostLink::look);
  connect(&process_, &HostProcess::started, this, &HostLink::found);
  connect(&process_, &HostProcess::failed, this,
          [this](const QString& why) { set_state(State::failed, tr("The engine cannot be started: %1").arg(why)); });
  connect(&events_, &EventStream::received, this, [this](const QString& type, const api::Json& data) {
    if (type == QLatin1String("reset"))
      emit events_missed();
    else
      emit received(type, data);
  });
  connect(&events_, &EventStream::opened, this, [this] {
    if (!std::exchange(greeting_, false)) return;
    look_wait_ms_ = 0;
    set_state(State::ready);
  });
  connect(&events_, &EventStream::broken, this, [this] {
    if (!std::exchange(greeting_, false)) return check();
    events_.close();
    look_later();
  });
  connect(&events_, &EventStream::refused, this, [this](int, const api::ErrorInfo& error) {
    greeting_ = false;
    set_state(State::failed, qt(error.message));
  });
}

void HostLink::set_state(State state, const QString& reason) {
  if (state_ == state && reason_ == reason) return;
  state_ = state;
  reason_ = reason;
  emit state_changed(state, reason);
}

void HostLink::start() {
  set_state(State::starting);
  look();
}

void HostLink::try_again() {
  deaths_ms_.clear();
  look_wait_ms_ = 0;
  start();
}

// One that runs is used; where there is none, one is started.
void HostLink::look() {
  if (address_) {
    http_.set_host(address_->url, read_token(address_->token_file));
    greet();
    return;
  }
  const auto file = read_host_file(host_file_path());
  if (file && process_exists(file->pid))
    found(*file);
  else
    start_process();
}

void HostLink::start_process() {
  const qint64 now = QDateTime::currentMSecsSinceEpoch();
  while (!deaths_ms_.empty() && deaths_ms_.front() < now - deaths_within_ms) deaths_ms_.pop_front();
  if (deaths_ms_.size() >= most_deaths) {
    set_state(State::failed, tr("The engine stopped %1 times within a minute. Its log is %2")
                                 .arg(deaths_ms_.size())
                                 .arg(process_.log_path()));
    return;
  }
  process_.start();
}

void HostLink::found(const HostFile& file) {
  http_.set_host(file.url, read_token(file.token_file));
  greet();
}

void HostLink::greet() {
  http_.get(QStringLiteral("/api/version"), this, [this](const Reply& reply) {
    if (reply.unreachable()) {
      look_later();
      return;
    }
    if (!reply.ok()) {
      set_state(State::failed, qt(reply.error->message));
      return;
    }
    try {
      version_ = api::from_json<api::VersionInfo>(reply.json);
    } catch (const api::FieldError& error) {
      set_state(State::failed,
                tr("What answers at %1 is no Diptych host: %2").arg(http_.url().toString(), error.what()));
      return;
    }
    if (!api::speaks_our_protocol(version_.protocol)) {
      set_state(State::failed,
                tr("The engine that runs (process %1, version %2) speaks protocol %3 and this window %4. Stop it with "
                   "“kill %1”, then try again")
                    .arg(version_.pid)
                    .arg(qt(version_.version), qt(version_.protocol), QLatin1String(api::protocol)));
      return;
    }
    greeting_ = true;
    events_.open(QStringLiteral("/api/events"));
  });
}

// The lock file names a process that does not answer: it may be on its way up or down, or another program with its id.
void HostLink::look_later() {
  if (!address_ && look_wait_ms_ >= longest_look_wait_ms) {
    look_wait_ms_ = 0;
    start_process();  // its own lock decides
    return;
  }
  look_wait_ms_ = std::clamp(2 * look_wait_ms_, first_look_wait_ms, longest_look_wait_ms);
  if (address_ && state_ != State::lost)
    set_state(State::lost, tr("No engine answers at %1; it is tried again").arg(address_->url.toString()));
  look_timer_.start(look_wait_ms_);
}

// After a suspended laptop or a network's hiccup it is the same one, and the stream goes on by itself.
void HostLink::check() {
  if (state_ != State::ready) return;
  http_.get(QStringLiteral("/api/version"), this, [this, host_id = version_.host_id](const Reply& reply) {
    const bool same = reply.ok() && reply.json.is_object() && reply.json.value("host_id", std::string()) == host_id;
    if (!same && version_.host_id == host_id) lose(tr("The engine stopped"));
  });
}

void HostLink::lose(const QString& reason) {
  if (state_ != State::ready) return;
  events_.close();
  http_.drop_connections();
  deaths_ms_.push_back(QDateTime::currentMSecsSinceEpoch());
  set_state(State::lost, reason);
  look();
}

}  // namespace diptych::ui
