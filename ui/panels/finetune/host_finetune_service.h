// The Fine-tune panel's service over the connection to an engine host.
#pragma once

#include <QHash>
#include <QSet>
#include <utility>

#include "engine/api/job.h"
#include "ui/client/event_stream.h"
#include "ui/client/host_link.h"
#include "ui/client/reply_reading.h"
#include "ui/panels/finetune/finetune_service.h"

namespace diptych::finetune {

class HostFinetuneService : public FinetuneService {
  Q_OBJECT

 public:
  explicit HostFinetuneService(ui::HostLink* link, QObject* parent = nullptr);  // `link` must outlive it

  bool ready() const override { return link_->state() == ui::HostLink::State::ready; }
  bool local() const override { return !link_->remote(); }

  void list_bases(const Then<api::TrainingBases>& then) override;
  void list_examples(const Then<api::TrainingExamples>& then) override;
  void import_recipe(const QString& path, const Then<api::TrainingImport>& then, const Failed& failed) override;
  void check_data(const api::RecipeBody& body, const Then<api::DataReport>& then, const Failed& failed) override;
  void list_presets(const api::Json& recipe, const Then<api::GoalPresets>& then, const Failed& failed) override;
  void plan(const api::Json& recipe, bool alternatives, const Then<api::TrainingPlan>& then,
            const Failed& failed) override;
  void check_word(const api::Json& recipe, const Then<api::WordReport>& then, const Failed& failed) override;
  void fetch_thumbnail(const QString& path, int side, const Then<QImage>& then) override;
  void set_caption(const api::CaptionEdit& edit, const Then<api::CaptionEdit>& then, const Failed& failed) override;

  void start_run(const api::Json& recipe, const QString& name, const Then<api::TrainingRun>& then,
                 const Failed& failed) override;
  void list_runs() override;
  void command_run(const QString& run, RunCommand command, const Failed& failed) override;
  void patch_run(const QString& run, const api::TrainingRunPatch& patch) override;
  void follow(const QString& run, const QString& job) override;
  void fetch_metrics(const QString& run, int64_t after, const Then<api::TrainingMetrics>& then) override;
  void fetch_samples(const QString& run, const Then<api::TrainingSamples>& then) override;
  void fetch_sample_image(const QString& run, const QString& name, const Then<QImage>& then) override;

  void compare(const QString& run, const api::CompareBody& body, const Then<api::CompareStarted>& then,
               const Failed& failed) override;
  void keep_word(const QString& run, const QString& result, const Then<api::KeptWord>& then,
                 const Failed& failed) override;
  void cancel_job(const QString& job) override;
  void export_run(const QString& run, const api::ExportBody& body, const Then<QString>& then,
                  const Failed& failed) override;

 private:
  // A job beside the run, followed to its end.
  struct SideJob {
    ui::EventStream* events = nullptr;
    QString text;
    Then<QString> then;  // of an export
    Failed failed;
    bool is_export = false;
  };

  template <typename T>
  ui::HttpClient::Done reading(Then<T> then, Failed failed = {}) {
    return ui::reading<T>(std::move(then), std::move(failed), [this](const ui::Failure& failure) { tell(failure); });
  }
  void download(const QString& path, const Then<QImage>& then);
  void host_event(const QString& type, const api::Json& data);
  void run_event(const QString& type, const api::Json& data);
  void follow_side_job(const QString& id, SideJob job);
  void side_event(const QString& id, const QString& type, const api::Json& data);
  void end_side_job(const QString& id, const api::JobInfo& info);
  void fetch_picture(const QString& job, const QString& image);
  void tell(const Failure& failure) { emit failed(failure); }
  void tell_run(const api::TrainingRun& run);

  ui::HostLink* link_;
  ui::EventStream stream_;  // of the run that is shown
  QString followed_;        // its id
  QHash<QString, SideJob> side_jobs_;
  QHash<QString, int64_t> revisions_;  // latest known, by run
};

}  // namespace diptych::finetune
