// Requests and the events of runs; host_finetune_jobs.cpp has comparisons and exports.
#include "ui/panels/finetune/host_finetune_service.h"

#include <QUrl>

#include "ui/client/text.h"

namespace diptych::finetune {

using ui::escaped;
using ui::HostLink;
using ui::qt;
using ui::Reply;
using ui::utf8;

namespace {

QString run_path(const QString& run, const QString& rest = {}) {
  const QString path = QStringLiteral("/api/training/runs/%1").arg(escaped(run));
  return rest.isEmpty() ? path : path + QLatin1Char('/') + rest;
}

}  // namespace

HostFinetuneService::HostFinetuneService(HostLink* link, QObject* parent)
    : FinetuneService(parent), link_(link), stream_(link->http()) {
  connect(link, &HostLink::state_changed, this, [this](HostLink::State state) {
    if (state != HostLink::State::ready) follow({}, {});
    emit ready_changed(ready());
  });
  connect(link, &HostLink::received, this, &HostFinetuneService::host_event);
  connect(link, &HostLink::events_missed, this, [this] { emit ready_changed(ready()); });  // everything once more
  connect(&stream_, &ui::EventStream::received, this, &HostFinetuneService::run_event);
}

void HostFinetuneService::list_bases(const Then<api::TrainingBases>& then) {
  link_->http()->get(QStringLiteral("/api/training/bases"), this, reading<api::TrainingBases>(then));
}

void HostFinetuneService::list_examples(const Then<api::TrainingExamples>& then) {
  link_->http()->get(QStringLiteral("/api/training/examples"), this, reading<api::TrainingExamples>(then));
}

void HostFinetuneService::import_recipe(const QString& path, const Then<api::TrainingImport>& then,
                                        const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/training/import"), {{"path", utf8(path)}}, this,
                      reading<api::TrainingImport>(then, failed));
}

void HostFinetuneService::check_data(const api::RecipeBody& body, const Then<api::DataReport>& then,
                                     const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/training/data"),
                      {{"recipe", body.recipe}, {"limit", body.limit}, {"offset", body.offset}}, this,
                      reading<api::DataReport>(then, failed));
}

void HostFinetuneService::list_presets(const api::Json& recipe, const Then<api::GoalPresets>& then,
                                       const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/training/presets"), {{"recipe", recipe}}, this,
                      reading<api::GoalPresets>(then, failed));
}

void HostFinetuneService::plan(const api::Json& recipe, bool alternatives, const Then<api::TrainingPlan>& then,
                               const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/training/plan"), {{"recipe", recipe}, {"alternatives", alternatives}}, this,
                      reading<api::TrainingPlan>(then, failed));
}

void HostFinetuneService::check_word(const api::Json& recipe, const Then<api::WordReport>& then, const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/training/word"), {{"recipe", recipe}}, this,
                      reading<api::WordReport>(then, failed));
}

void HostFinetuneService::download(const QString& path, const Then<QImage>& then) {
  link_->http()->download(path, this, [then](const Reply& reply) {
    const QImage image = reply.ok() ? QImage::fromData(reply.bytes) : QImage();
    if (!image.isNull()) then(image);
  });
}

void HostFinetuneService::fetch_thumbnail(const QString& path, int side, const Then<QImage>& then) {
  const QString encoded = QString::fromLatin1(QUrl::toPercentEncoding(path));
  download(QStringLiteral("/api/training/thumbnail?path=%1&size=%2").arg(encoded, QString::number(side)), then);
}

void HostFinetuneService::set_caption(const api::CaptionEdit& edit, const Then<api::CaptionEdit>& then,
                                      const Failed& failed) {
  link_->http()->put(QStringLiteral("/api/training/captions"), api::to_json(edit), this,
                     reading<api::CaptionEdit>(then, failed));
}

void HostFinetuneService::start_run(const api::Json& recipe, const QString& name, const Then<api::TrainingRun>& then,
                                    const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/training/runs"), {{"recipe", recipe}, {"name", utf8(name)}}, this,
                      reading<api::TrainingRun>(then, failed));
}

void HostFinetuneService::list_runs() {
  link_->http()->get(QStringLiteral("/api/training/runs"), this,
                     reading<api::TrainingRuns>([this](const auto& list) { emit runs_listed(list.runs); }));
}

void HostFinetuneService::command_run(const QString& run, RunCommand command, const Failed& failed) {
  link_->http()->post(run_path(run, command_name(command)), api::Json::object(), this,
                      reading<api::TrainingRun>([this](const auto& changed) { tell_run(changed); }, failed));
}

void HostFinetuneService::patch_run(const QString& run, const api::TrainingRunPatch& patch) {
  api::Json body = api::Json::object();
  if (patch.name) body["name"] = *patch.name;
  if (patch.deleted) body["deleted"] = *patch.deleted;
  link_->http()->patch(run_path(run), body, this,
                       reading<api::TrainingRun>([this](const auto& changed) { tell_run(changed); }));
}

// Answers and events travel on connections of their own: what a command says of a run may come after a later event.
void HostFinetuneService::tell_run(const api::TrainingRun& run) {
  int64_t& known = revisions_[qt(run.id)];
  if (run.revision < known) return;
  known = run.revision;
  emit run_changed(run);
}

void HostFinetuneService::follow(const QString& run, const QString& job) {
  followed_ = run;
  if (job.isEmpty())
    stream_.close();
  else
    stream_.open(QStringLiteral("/api/jobs/%1/events").arg(escaped(job)), QStringLiteral("0"));
}

void HostFinetuneService::fetch_metrics(const QString& run, int64_t after, const Then<api::TrainingMetrics>& then) {
  link_->http()->get(run_path(run, QStringLiteral("metrics?after=%1").arg(after)), this,
                     reading<api::TrainingMetrics>(then));
}

void HostFinetuneService::fetch_samples(const QString& run, const Then<api::TrainingSamples>& then) {
  link_->http()->get(run_path(run, QStringLiteral("samples")), this, reading<api::TrainingSamples>(then));
}

void HostFinetuneService::fetch_sample_image(const QString& run, const QString& name, const Then<QImage>& then) {
  download(run_path(run, QStringLiteral("samples/") + escaped(name)), then);
}

void HostFinetuneService::keep_word(const QString& run, const QString& result, const Then<api::KeptWord>& then,
                                    const Failed& failed) {
  link_->http()->post(run_path(run, QStringLiteral("keep")), {{"result", utf8(result)}}, this,
                      reading<api::KeptWord>(then, failed));
}

void HostFinetuneService::run_event(const QString& type, const api::Json& data) {
  try {
    if (type == QLatin1String("step"))
      emit stepped(followed_, api::from_json<api::TrainingStep>(data));
    else if (type == QLatin1String("sample"))
      emit sampled(followed_, api::from_json<api::TrainingSample>(data));
    else if (type == QLatin1String("checkpoint"))
      emit saved(followed_, api::from_json<api::TrainingCheckpoint>(data));
    else if (type == QLatin1String("note"))
      emit noted(followed_, api::from_json<api::TrainingNote>(data));
  } catch (const api::FieldError&) {
    // One event less; figures and samples can be fetched whole.
  }
}

void HostFinetuneService::host_event(const QString& type, const api::Json& data) {
  try {
    if (type == QLatin1String("training_changed")) {
      tell_run(api::from_json<api::TrainingRun>(data));
    } else if (type == QLatin1String("training_removed")) {
      std::string id;
      api::FieldReader(data, "")("id", id);
      emit run_removed(qt(id));
    } else if (type == QLatin1String("models_changed")) {
      emit bases_changed();
    }
  } catch (const api::FieldError&) {
    // Of another version of the engine; what is listed next is whole.
  }
}

}  // namespace diptych::finetune
