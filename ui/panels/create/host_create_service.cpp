// Models, jobs and the queue; host_create_gallery.cpp has pictures, recipes and plots.
#include "ui/panels/create/host_create_service.h"

#include "ui/client/text.h"

namespace diptych::create {

using ui::escaped;
using ui::HostLink;
using ui::qt;
using ui::Reply;
using ui::to_failure;
using ui::utf8;

HostCreateService::HostCreateService(HostLink* link, QObject* parent)
    : CreateService(parent), link_(link), stream_(link->http()), downloads_(link) {
  connect(link, &HostLink::state_changed, this, [this](HostLink::State state) {
    if (state != HostLink::State::ready) {
      stream_.close();
      followed_.clear();
      estimating_ = preview_on_its_way_ = false;
      thumbnails_on_their_way_.clear();
    }
    emit ready_changed(ready());
  });
  connect(link, &HostLink::received, this, &HostCreateService::host_event);
  connect(link, &HostLink::events_missed, this, [this] { emit ready_changed(ready()); });  // everything once more
  connect(&downloads_, &ui::Downloads::progressed, this, &HostCreateService::get_progressed);
  connect(&downloads_, &ui::Downloads::ended, this, &HostCreateService::get_ended);
  connect(&stream_, &ui::EventStream::received, this, &HostCreateService::job_event);
  connect(&stream_, &ui::EventStream::refused, this, [this] { follow({}); });
}

void HostCreateService::list_models() {
  link_->http()->get(QStringLiteral("/api/models"), this,
                     reading<api::ModelList>([this, number = ++models_asked_](const api::ModelList& list) {
                       if (number != models_asked_) return;  // a later answer comes
                       std::vector<api::ModelInfo> models;
                       for (const api::ModelInfo& model : list.models) {
                         // Parts that are missing may be chosen beside it; what is refused stays so.
                         const bool refused =
                             model.needs.empty() && model.error &&
                             (model.error->category == "unsupported" || model.error->category == "invalid_file");
                         if (model.kind == api::ModelKind::image && !refused) models.push_back(model);
                       }
                       emit catalogue_listed(list.catalogue);
                       for (const api::CatalogueModel& one : list.catalogue)
                         if (!one.job.empty() && !one.fetched) downloads_.follow(qt(one.name), qt(one.job));
                       emit models_listed(models);
                     }));
}

void HostCreateService::describe_model(const api::ImageSettings& settings) {
  api::ImageSettings parts;  // the rest does not matter
  parts.model = settings.model;
  parts.vae = settings.vae;
  parts.text_encoders = settings.text_encoders;
  parts.prediction = settings.prediction;
  parts.quantize = settings.quantize;
  link_->http()->post(QStringLiteral("/api/images/models"), api::to_json(parts), this,
                      reading<api::ImageModelInfo>([this](const auto& model) { emit model_described(model); },
                                                   [this](const Failure& failure) { emit not_described(failure); }));
}

void HostCreateService::list_files() {
  link_->http()->get(QStringLiteral("/api/images/files"), this,
                     reading<api::ImageFiles>([this](const auto& list) { emit files_listed(list.files); }));
}

// One on its way at most: while a slider moves, the values between are of no use to anybody.
void HostCreateService::estimate(const api::ImageSettings& settings) {
  if (estimating_) {
    estimate_next_ = settings;
    return;
  }
  estimating_ = true;
  const auto next = [this] {
    estimating_ = false;
    if (auto waiting = std::exchange(estimate_next_, std::nullopt)) estimate(*waiting);
  };
  link_->http()->post(QStringLiteral("/api/images/estimate"), api::to_json(settings), this,
                      reading<api::ImageEstimate>(
                          [this, settings, next](const api::ImageEstimate& estimate) {
                            if (!estimate_next_) emit estimated(settings, estimate);
                            next();
                          },
                          [this, next](const Failure& failure) {
                            if (!estimate_next_) emit not_estimated(failure);
                            next();
                          }));
}

void HostCreateService::predict(const api::ImageSettings& settings, const Then<api::ImageEstimate>& then,
                                const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/images/estimate"), api::to_json(settings), this,
                      reading<api::ImageEstimate>(then, failed));
}

void HostCreateService::generate(const api::ImageSettings& settings) {
  link_->http()->post(QStringLiteral("/api/images"), api::to_json(settings), this,
                      reading<api::ImageStarted>(
                          [this](const api::ImageStarted& started) {
                            emit this->started(qt(started.job), started.seed);
                            list_queue();
                          },
                          [this](const Failure& failure) { emit not_started(failure); }));
}

void HostCreateService::cancel(const QString& job) {
  link_->http()->post(QStringLiteral("/api/jobs/%1/cancel").arg(escaped(job)), api::Json::object(), this,
                      reading<api::JobInfo>([this](const api::JobInfo& info) { job_changed(info); }));
}

void HostCreateService::list_queue() {
  link_->http()->get(QStringLiteral("/api/images/queue"), this,
                     reading<api::ImageQueue>([this, number = ++queue_asked_](const api::ImageQueue& queue) {
                       if (number != queue_asked_) return;  // a later answer comes
                       for (const api::QueuedImages& one : queue.jobs)
                         if (const QString id = qt(one.job.id);
                             one.job.state == api::JobState::running && id != followed_ && !ended_.contains(id)) {
                           follow(id);
                           break;
                         }
                       emit queue_listed(queue);
                     }));
}

void HostCreateService::reorder_queue(const QStringList& waiting) {
  api::Json jobs = api::Json::array();
  for (const QString& job : waiting) jobs.push_back(utf8(job));
  link_->http()->post(QStringLiteral("/api/images/queue"), {{"jobs", jobs}}, this,
                      reading<api::ImageQueue>([this](const auto& queue) { emit queue_listed(queue); },
                                               [this](const Failure& failure) {
                                                 tell(failure);
                                                 list_queue();  // as it is
                                               }));
}

void HostCreateService::follow(const QString& job) {
  followed_ = job;
  preview_wanted_ = false;
  if (job.isEmpty())
    stream_.close();
  else
    stream_.open(QStringLiteral("/api/jobs/%1/events").arg(escaped(job)), QStringLiteral("0"));
}

void HostCreateService::job_event(const QString& type, const api::Json& data) {
  try {
    if (type == QLatin1String("progress")) {
      emit progressed(followed_, api::from_json<api::ImageProgress>(data));
    } else if (type == QLatin1String("preview")) {
      preview_wanted_ = true;
      fetch_preview();
    } else if (type == QLatin1String("warning")) {
      if (data.is_object() && data.contains("error") && data["error"].is_object())
        tell(to_failure(api::from_json<api::ErrorInfo>(data["error"])));
    } else if (type == QLatin1String("state")) {
      api::JobInfo job;
      job.id = utf8(followed_);
      api::FieldReader reader(data, "");
      reader("state", job.state);
      reader("error", job.error);
      job_changed(job);
    }
  } catch (const api::FieldError&) {
    // One event less; the next has the whole figures again.
  }
}

// Pictures of the steps come as fast as they can be fetched, not faster.
void HostCreateService::fetch_preview() {
  if (preview_on_its_way_ || !preview_wanted_ || followed_.isEmpty()) return;
  preview_wanted_ = false;
  preview_on_its_way_ = true;
  const QString job = followed_;
  link_->http()->download(QStringLiteral("/api/jobs/%1/preview").arg(escaped(job)), this,
                          [this, job](const Reply& reply) {
                            preview_on_its_way_ = false;
                            const QImage picture = reply.ok() ? QImage::fromData(reply.bytes) : QImage();
                            if (!picture.isNull() && job == followed_) emit previewed(job, picture);
                            fetch_preview();
                          });
}

// Told by the job's own stream and by the host's: the first one counts.
void HostCreateService::job_changed(const api::JobInfo& job) {
  const QString id = qt(job.id);
  if (job.state == api::JobState::running && followed_.isEmpty()) follow(id);
  if (!api::ended(job.state)) return;
  if (followed_ == id) follow({});
  if (ended_.contains(id)) return;
  ended_.insert(id);
  emit job_ended(id, job.state);
  if (job.state == api::JobState::failed && job.error) tell(to_failure(*job.error));
  list_queue();
}

void HostCreateService::host_event(const QString& type, const api::Json& data) {
  try {
    if (type == QLatin1String("job_changed")) {
      const auto job = api::from_json<api::JobInfo>(data);
      if (job.kind == api::JobKind::image || job.kind == api::JobKind::plot) job_changed(job);
    } else if (type == QLatin1String("image_queue_changed")) {
      list_queue();
    } else if (type == QLatin1String("image_changed")) {
      emit image_changed(api::from_json<api::ImageInfo>(data));
    } else if (type == QLatin1String("image_removed")) {
      std::string id;
      api::FieldReader(data, "")("id", id);
      emit image_removed(qt(id));
    } else if (type == QLatin1String("models_changed")) {
      list_models();
      list_files();
    }
  } catch (const api::FieldError&) {
    // Of another version of the engine; what is listed next is whole.
  }
}

}  // namespace diptych::create
