#include "ui/panels/finetune/run_watch.h"

#include <algorithm>

#include "ui/client/text.h"

namespace diptych::finetune {

using ui::qt;
using ui::utf8;

RunWatch::RunWatch(FinetuneService* service, QObject* parent) : QObject(parent), service_(service) {
  const auto is_shown = [this](const QString& run) { return run_ && qt(run_->id) == run; };
  connect(service, &FinetuneService::run_changed, this, [this, is_shown](const api::TrainingRun& run) {
    if (is_shown(qt(run.id))) take_run(run);
  });
  connect(service, &FinetuneService::stepped, this,
          [this, is_shown](const QString& run, const api::TrainingStep& step) {
            if (is_shown(run) && take_step(step)) emit stepped();
          });
  connect(service, &FinetuneService::sampled, this,
          [this, is_shown](const QString& run, const api::TrainingSample& sample) {
            if (!is_shown(run)) return;
            take_sample(sample);
            emit samples_changed();
          });
  connect(service, &FinetuneService::saved, this,
          [this, is_shown](const QString& run, const api::TrainingCheckpoint& checkpoint) {
            if (is_shown(run)) run_->checkpoint_step = checkpoint.step, emit run_changed();
          });
  connect(service, &FinetuneService::noted, this, [this, is_shown](const QString& run, const api::TrainingNote& note) {
    if (!is_shown(run)) return;
    notes_.push_back(note.error ? RunNote{ui::to_failure(*note.error).text(), true} : RunNote{qt(note.text), false});
    emit notes_changed();
  });
}

void RunWatch::watch(const std::optional<api::TrainingRun>& run) {
  const bool same = run && run_ && run->id == run_->id;
  if (same) return take_run(*run);
  run_ = run;
  steps_.clear();
  samples_.clear();
  pictures_.clear();
  notes_.clear();
  followed_.clear();
  emit opened();
  ask_again();
}

void RunWatch::ask_again() {
  followed_.clear();
  notes_.clear();
  if (!service_->ready()) return;
  if (!run_) return service_->follow({}, {});
  fetch();
  take_run(api::TrainingRun(*run_));
}

void RunWatch::take_run(const api::TrainingRun& run) {
  const bool resumed = !run_->job.empty() && run_->job != run.job;
  run_ = run;
  if (const QString job = qt(run.job); followed_ != job && !job.isEmpty()) {
    followed_ = job;
    service_->follow(qt(run.id), job);
    if (resumed) {  // it goes on from a checkpoint: what was told of later steps is void
      while (!steps_.empty() && steps_.back().step > run.checkpoint_step.value_or(0)) steps_.pop_back();
      fetch();
    }
  }
  emit run_changed();
}

void RunWatch::fetch() {
  const std::string id = run_->id;
  service_->fetch_metrics(qt(id), 0, [this, id](const api::TrainingMetrics& metrics) {
    if (!run_ || run_->id != id) return;
    std::vector<api::TrainingStep> told = std::exchange(steps_, metrics.steps);
    const int64_t last = steps_.empty() ? 0 : steps_.back().step;
    for (const api::TrainingStep& step : told)
      if (step.step > last && api::is_active(run_->state)) steps_.push_back(step);
    emit stepped();
  });
  service_->fetch_samples(qt(id), [this, id](const api::TrainingSamples& list) {
    if (!run_ || run_->id != id) return;
    for (const api::TrainingSample& sample : list.samples) take_sample(sample);
    emit samples_changed();
  });
}

// A stream that is opened again tells everything again; a run that went on from a checkpoint does some steps anew.
bool RunWatch::take_step(const api::TrainingStep& step) {
  const auto known = std::ranges::lower_bound(steps_, step.step, {}, &api::TrainingStep::step);
  if (known != steps_.end() && known->step == step.step && known->loss == step.loss &&
      known->grad_norm == step.grad_norm)
    return false;
  while (!steps_.empty() && steps_.back().step >= step.step) steps_.pop_back();
  steps_.push_back(step);
  run_->step = step.step;
  if (step.steps > 0) run_->steps = step.steps;
  if (step.loss) run_->loss = step.loss;
  if (step.validation_loss) run_->validation_loss = step.validation_loss;
  if (step.seconds_left) run_->seconds_left = step.seconds_left;
  if (step.predicted_memory_bytes) run_->predicted_memory_bytes = step.predicted_memory_bytes;
  run_->memory_bytes = std::max(run_->memory_bytes.value_or(0), step.memory_bytes);
  return true;
}

void RunWatch::take_sample(const api::TrainingSample& sample) {
  samples_[{sample.step, sample.index}] = sample;
}

std::vector<int64_t> RunWatch::sampled_steps() const {
  std::vector<int64_t> steps;
  for (const auto& entry : samples_)
    if (steps.empty() || steps.back() != entry.first.first) steps.push_back(entry.first.first);
  return steps;
}

std::vector<api::TrainingSample> RunWatch::samples_of(int64_t step) const {
  std::vector<api::TrainingSample> found;
  for (const auto& entry : samples_)
    if (entry.first.first == step) found.push_back(entry.second);
  return found;
}

const QImage* RunWatch::picture(const QString& name) const {
  if (name.isEmpty() || !run_) return nullptr;
  const auto found = pictures_.find(name);
  if (found != pictures_.end()) return found->second.isNull() ? nullptr : &found->second;
  pictures_[name] = {};
  const std::string id = run_->id;
  auto* self = const_cast<RunWatch*>(this);
  service_->fetch_sample_image(qt(id), name, [self, id, name](const QImage& image) {
    if (!self->run_ || self->run_->id != id) return;
    self->pictures_[name] = image;
    emit self->samples_changed();
  });
  return nullptr;
}

}  // namespace diptych::finetune
