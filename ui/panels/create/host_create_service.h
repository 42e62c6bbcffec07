// The Create panel's service over the connection to an engine host.
#pragma once

#include <QHash>
#include <QSet>
#include <optional>
#include <utility>

#include "ui/client/downloads.h"
#include "ui/client/event_stream.h"
#include "ui/client/host_link.h"
#include "ui/client/reply_reading.h"
#include "ui/panels/create/create_service.h"

namespace diptych::create {

class HostCreateService : public CreateService {
  Q_OBJECT

 public:
  explicit HostCreateService(ui::HostLink* link, QObject* parent = nullptr);  // `link` must outlive it

  bool ready() const override { return link_->state() == ui::HostLink::State::ready; }
  bool local() const override { return !link_->remote(); }

  void list_models() override;
  void describe_model(const api::ImageSettings& settings) override;
  void get_model(const QString& name) override { downloads_.get(name); }
  void cancel_get(const QString& name) override { downloads_.cancel(name); }
  void list_files() override;

  void estimate(const api::ImageSettings& settings) override;
  void predict(const api::ImageSettings& settings, const Then<api::ImageEstimate>& then, const Failed& failed) override;
  void generate(const api::ImageSettings& settings) override;
  void cancel(const QString& job) override;
  void list_queue() override;
  void reorder_queue(const QStringList& waiting) override;

  void list_images(const GalleryQuery& query) override;
  void fetch_thumbnail(const QString& id) override;
  void fetch_file(const QString& id, const Then<QByteArray>& then) override;
  void set_favourite(const QString& id, bool favourite) override;
  void set_deleted(const QString& id, bool deleted) override;

  void upload(const QByteArray& picture, const Then<api::UploadInfo>& then, const Failed& failed) override;
  void fetch_input(const QString& id, const Then<QByteArray>& then, const Failed& failed) override;
  void read_recipe(const QByteArray& picture) override;

  void estimate_plot(const api::PlotRequest& request, const Then<api::PlotEstimate>& then,
                     const Failed& failed) override;
  void start_plot(const api::PlotRequest& request, const Then<api::ImageStarted>& then, const Failed& failed) override;
  void get_plot(const QString& job, const Then<api::Plot>& then) override;

 private:
  // Calls `then` with what the reply holds; a refusal, or what cannot be read, goes to `failed`.
  template <typename T>
  ui::HttpClient::Done reading(Then<T> then, Failed failed = {}) {
    return ui::reading<T>(std::move(then), std::move(failed), [this](const ui::Failure& failure) { tell(failure); });
  }
  void host_event(const QString& type, const api::Json& data);
  void job_event(const QString& type, const api::Json& data);
  void job_changed(const api::JobInfo& job);
  void follow(const QString& job);
  void fetch_preview();
  void patch(const QString& id, const api::Json& body);
  void next_patch();
  void tell(const Failure& failure) { emit failed(failure); }

  ui::HostLink* link_;
  ui::EventStream stream_;  // of the job that runs
  ui::Downloads downloads_;
  QString followed_;
  int queue_asked_ = 0, models_asked_ = 0;
  QSet<QString> ended_;  // that were told already
  bool preview_wanted_ = false, preview_on_its_way_ = false;
  bool estimating_ = false;
  std::optional<api::ImageSettings> estimate_next_;
  QList<std::pair<QString, api::Json>> patches_;  // the first one is on its way
  QSet<QString> thumbnails_on_their_way_;
};

}  // namespace diptych::create
