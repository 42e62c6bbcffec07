// All that the Fine-tune panel asks of the engine host. Calls return at once; answers come to `then` or `failed`, and
// what happens by itself comes as signals.
#pragma once

#include <QImage>
#include <QObject>
#include <functional>

#include "engine/api/training.h"
#include "engine/api/training_import.h"
#include "engine/api/training_plan.h"
#include "ui/client/failure.h"

namespace diptych::finetune {

using ui::Failure;

// What is asked of a run that exists.
enum class RunCommand { pause, resume, stop, sample, save };
QString command_name(RunCommand command);  // as the host calls it: "pause"

class FinetuneService : public QObject {
  Q_OBJECT

 public:
  template <typename T>
  using Then = std::function<void(const T&)>;
  using Failed = std::function<void(const Failure&)>;

  using QObject::QObject;

  virtual bool ready() const = 0;
  virtual bool local() const = 0;  // its files are on this machine

  virtual void list_bases(const Then<api::TrainingBases>& then) = 0;
  virtual void list_examples(const Then<api::TrainingExamples>& then) = 0;
  virtual void import_recipe(const QString& path, const Then<api::TrainingImport>& then, const Failed& failed) = 0;
  virtual void check_data(const api::RecipeBody& body, const Then<api::DataReport>& then, const Failed& failed) = 0;
  virtual void list_presets(const api::Json& recipe, const Then<api::GoalPresets>& then, const Failed& failed) = 0;
  virtual void plan(const api::Json& recipe, bool alternatives, const Then<api::TrainingPlan>& then,
                    const Failed& failed) = 0;
  virtual void check_word(const api::Json& recipe, const Then<api::WordReport>& then, const Failed& failed) = 0;
  virtual void fetch_thumbnail(const QString& path, int side, const Then<QImage>& then) = 0;
  virtual void set_caption(const api::CaptionEdit& edit, const Then<api::CaptionEdit>& then, const Failed& failed) = 0;

  virtual void start_run(const api::Json& recipe, const QString& name, const Then<api::TrainingRun>& then,
                         const Failed& failed) = 0;
  virtual void list_runs() = 0;
  virtual void command_run(const QString& run, RunCommand command, const Failed& failed) = 0;
  virtual void patch_run(const QString& run, const api::TrainingRunPatch& patch) = 0;
  virtual void follow(const QString& run, const QString& job) = 0;  // one at a time; empty: none
  virtual void fetch_metrics(const QString& run, int64_t after, const Then<api::TrainingMetrics>& then) = 0;
  virtual void fetch_samples(const QString& run, const Then<api::TrainingSamples>& then) = 0;
  virtual void fetch_sample_image(const QString& run, const QString& name, const Then<QImage>& then) = 0;

  virtual void compare(const QString& run, const api::CompareBody& body, const Then<api::CompareStarted>& then,
                       const Failed& failed) = 0;
  virtual void keep_word(const QString& run, const QString& result, const Then<api::KeptWord>& then,
                         const Failed& failed) = 0;  // among the embeddings
  virtual void cancel_job(const QString& job) = 0;
  virtual void export_run(const QString& run, const api::ExportBody& body, const Then<QString>& then,
                          const Failed& failed) = 0;  // `then`: with the path that was written

 signals:
  void ready_changed(bool ready);
  void bases_changed();  // list them again
  void runs_listed(const std::vector<diptych::api::TrainingRun>& runs);
  void run_changed(const diptych::api::TrainingRun& run);  // a new one, too
  void run_removed(const QString& run);
  void stepped(const QString& run, const diptych::api::TrainingStep& step);
  void sampled(const QString& run, const diptych::api::TrainingSample& sample);
  void saved(const QString& run, const diptych::api::TrainingCheckpoint& checkpoint);
  void noted(const QString& run, const diptych::api::TrainingNote& note);
  // Of the two jobs of a comparison.
  void compared_text(const QString& job, const QString& text);  // the whole answer so far
  void compared_image(const QString& job, const QImage& image);
  void compared(const QString& job, const QString& error);  // has ended; empty: as it should
  void failed(const diptych::finetune::Failure& failure);
};

}  // namespace diptych::finetune
