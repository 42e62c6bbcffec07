// Comparisons and exports: jobs beside the run, each followed to its end.
#include "engine/api/image.h"
#include "engine/api/job.h"
#include "ui/client/text.h"
#include "ui/panels/finetune/host_finetune_service.h"

namespace diptych::finetune {

namespace {

QString text_in(const api::Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  return json.is_object() && found != json.end() && found->is_string() ? ui::qt(found->get<std::string>()) : QString();
}

struct StartedJob {
  std::string job;
};
template <typename V>
void fields(V& v, StartedJob& x) {
  v("job", x.job);
}

}  // namespace

void HostFinetuneService::compare(const QString& run, const api::CompareBody& body,
                                  const Then<api::CompareStarted>& then, const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/training/runs/%1/compare").arg(ui::escaped(run)), api::to_json(body), this,
                      reading<api::CompareStarted>(
                          [this, then](const api::CompareStarted& started) {
                            then(started);
                            follow_side_job(ui::qt(started.base_job), {});
                            follow_side_job(ui::qt(started.tuned_job), {});
                          },
                          failed));
}

void HostFinetuneService::export_run(const QString& run, const api::ExportBody& body, const Then<QString>& then,
                                     const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/training/runs/%1/export").arg(ui::escaped(run)), api::to_json(body), this,
                      reading<StartedJob>(
                          [this, then, failed](const StartedJob& started) {
                            SideJob job;
                            job.is_export = true;
                            job.then = then;
                            job.failed = failed;
                            follow_side_job(ui::qt(started.job), job);
                          },
                          failed));
}

void HostFinetuneService::cancel_job(const QString& job) {
  link_->http()->post(QStringLiteral("/api/jobs/%1/cancel").arg(ui::escaped(job)), api::Json::object(), this,
                      reading<api::JobInfo>([](const api::JobInfo&) {}));
}

void HostFinetuneService::follow_side_job(const QString& id, SideJob job) {
  job.events = new ui::EventStream(link_->http(), this);
  connect(job.events, &ui::EventStream::received, this,
          [this, id](const QString& type, const api::Json& data) { side_event(id, type, data); });
  connect(job.events, &ui::EventStream::refused, this, [this, id](int, const api::ErrorInfo& error) {
    api::JobInfo lost;
    lost.state = api::JobState::failed;
    lost.error = error;
    end_side_job(id, lost);
  });
  job.events->open(QStringLiteral("/api/jobs/%1/events").arg(ui::escaped(id)), QStringLiteral("0"));
  side_jobs_.insert(id, job);
}

void HostFinetuneService::side_event(const QString& id, const QString& type, const api::Json& data) {
  const auto job = side_jobs_.find(id);
  if (job == side_jobs_.end()) return;
  try {
    if (type == QLatin1String("grew")) {
      job->text += text_in(data, "text");
      emit compared_text(id, job->text);
    } else if (type == QLatin1String("image")) {
      fetch_picture(id, ui::qt(api::from_json<api::ImageInfo>(data).id));
    } else if (type == QLatin1String("state")) {
      api::JobInfo state;
      api::FieldReader reader(data, "");
      reader("state", state.state);
      reader("error", state.error);
      if (!api::ended(state.state)) return;
      // The whole of it: what the job's result is stands there alone.
      link_->http()->get(QStringLiteral("/api/jobs/%1").arg(ui::escaped(id)), this,
                         reading<api::JobInfo>([this, id](const api::JobInfo& info) { end_side_job(id, info); },
                                               [this, id, state](const Failure&) { end_side_job(id, state); }));
    }
  } catch (const api::FieldError&) {
    // One event less; the result is whole.
  }
}

void HostFinetuneService::fetch_picture(const QString& job, const QString& image) {
  link_->http()->download(QStringLiteral("/api/images/%1/file").arg(ui::escaped(image)), this,
                          [this, job](const ui::Reply& reply) {
                            const QImage picture = reply.ok() ? QImage::fromData(reply.bytes) : QImage();
                            if (!picture.isNull()) emit compared_image(job, picture);
                          });
}

void HostFinetuneService::end_side_job(const QString& id, const api::JobInfo& info) {
  const auto found = side_jobs_.find(id);
  if (found == side_jobs_.end()) return;
  const SideJob job = *found;
  side_jobs_.erase(found);
  job.events->close();
  job.events->deleteLater();
  const bool done = info.state == api::JobState::done;
  const Failure failure = info.error ? ui::to_failure(*info.error) : Failure{tr("It was cancelled"), {}, {}};
  if (job.is_export) {
    if (done)
      job.then(text_in(info.result, "path"));
    else
      job.failed(failure);
    return;
  }
  if (const QString text = text_in(info.result, "text"); done && !text.isEmpty()) emit compared_text(id, text);
  emit compared(id, done ? QString() : failure.text());
}

}  // namespace diptych::finetune
