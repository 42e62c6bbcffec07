// The window's connection to the host: finds or starts it, checks what it speaks, and follows its events.
#pragma once

#include <QObject>
#include <QTimer>
#include <deque>
#include <optional>

#include "engine/api/version.h"
#include "ui/client/event_stream.h"
#include "ui/client/host_process.h"
#include "ui/client/http_client.h"

namespace diptych::ui {

struct HostAddress {  // of a host on another machine, or one that the user runs
  QUrl url;
  QString token_file;
};

class HostLink : public QObject {
  Q_OBJECT

 public:
  enum class State {
    starting,
    ready,   // it answers and its events stand: whatever changes after a list was asked for is told
    lost,    // looked for or started again by itself
    failed,  // nothing more is tried until try_again()
  };
  // So many hosts that died within so short a time are not replaced any more: something is wrong that a user must see.
  static constexpr int most_deaths = 4;
  static constexpr int deaths_within_ms = 60'000;

  // `program`: path of `diptych`, used where `address` is not given.
  explicit HostLink(const QString& program, const std::optional<HostAddress>& address = {}, QObject* parent = nullptr);

  void start();
  void try_again();
  State state() const { return state_; }
  const QString& reason() const { return reason_; }
  const api::VersionInfo& version() const { return version_; }
  bool remote() const { return address_.has_value(); }
  HttpClient* http() { return &http_; }

 signals:
  void state_changed(diptych::ui::HostLink::State state, const QString& reason);
  void received(const QString& type, const diptych::api::Json& data);  // of /api/events
  void events_missed();                                                // list again whatever is listed

 private:
  void set_state(State state, const QString& reason = {});
  void look();
  void found(const HostFile& file);
  void greet();
  void check();  // the events broke off: is the host still there?
  void start_process();
  void look_later();
  void lose(const QString& reason);

  std::optional<HostAddress> address_;
  HttpClient http_;
  HostProcess process_;
  EventStream events_;
  State state_ = State::starting;
  QString reason_;
  api::VersionInfo version_;
  bool greeting_ = false;  // it said its version; its events do not stand yet
  QTimer look_timer_;
  int look_wait_ms_ = 0;
  std::deque<qint64> deaths_ms_;
};

}  // namespace diptych::ui
