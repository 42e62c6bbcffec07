// The run that is shown: its figures step by step, its samples and notes, as far as the host has told.
#pragma once

#include <QImage>
#include <QObject>
#include <map>
#include <optional>
#include <vector>

#include "ui/panels/finetune/finetune_service.h"

namespace diptych::finetune {

struct RunNote {
  QString text;
  bool problem = false;
};

class RunWatch : public QObject {
  Q_OBJECT

 public:
  explicit RunWatch(FinetuneService* service, QObject* parent = nullptr);  // `service` must outlive it

  void watch(const std::optional<api::TrainingRun>& run);
  void ask_again();  // the host is there (again)
  const api::TrainingRun* run() const { return run_ ? &*run_ : nullptr; }

  const std::vector<api::TrainingStep>& steps() const { return steps_; }  // in order, each once
  const std::vector<RunNote>& notes() const { return notes_; }
  std::vector<int64_t> sampled_steps() const;                       // in order
  std::vector<api::TrainingSample> samples_of(int64_t step) const;  // by prompt
  const QImage* picture(const QString& name) const;                 // null: fetched, then samples_changed()
  bool has_samples() const { return !samples_.empty(); }

 signals:
  void opened();  // another run
  void run_changed();
  void stepped();
  void samples_changed();
  void notes_changed();

 private:
  void take_run(const api::TrainingRun& run);
  bool take_step(const api::TrainingStep& step);  // false: it was known
  void take_sample(const api::TrainingSample& sample);
  void fetch();

  FinetuneService* service_;
  std::optional<api::TrainingRun> run_;
  std::vector<api::TrainingStep> steps_;
  std::map<std::pair<int64_t, int>, api::TrainingSample> samples_;
  mutable std::map<QString, QImage> pictures_;  // null while it is on its way
  std::vector<RunNote> notes_;
  QString followed_;
};

}  // namespace diptych::finetune
