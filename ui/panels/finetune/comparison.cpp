#include "ui/panels/finetune/comparison.h"

#include <QRandomGenerator>

#include "ui/client/text.h"

namespace diptych::finetune {

using ui::qt;

Comparison::Comparison(FinetuneService* service, QObject* parent) : QObject(parent), service_(service) {
  connect(service, &FinetuneService::compared_text, this, [this](const QString& job, const QString& text) {
    if (ComparedAnswer* one = of_job(job)) one->text = text, emit changed();
  });
  connect(service, &FinetuneService::compared_image, this, [this](const QString& job, const QImage& image) {
    if (ComparedAnswer* one = of_job(job)) one->image = image, emit changed();
  });
  connect(service, &FinetuneService::compared, this, [this](const QString& job, const QString& error) {
    ComparedAnswer* one = of_job(job);
    if (!one) return;
    one->ended = true;
    one->error = error;
    emit changed();
  });
}

ComparedAnswer* Comparison::of_job(const QString& job) {
  for (ComparedAnswer& one : answers_)
    if (!job.isEmpty() && one.job == job) return &one;
  return nullptr;
}

void Comparison::clear() {
  ++number_;
  answers_ = {};
  asking_ = started_ = judged_ = false;
  for_tuned_ = for_base_ = undecided_ = 0;
  emit changed();
}

void Comparison::start(const QString& run, const api::CompareBody& body, bool blind) {
  const int number = ++number_;
  answers_ = {};
  started_ = judged_ = false;
  asking_ = true;
  blind_ = blind;
  tuned_left_ = blind && QRandomGenerator::global()->bounded(2) == 1;  // else the base is left, as "before"
  emit changed();
  service_->compare(
      run, body,
      [this, number](const api::CompareStarted& jobs) {
        if (number != number_) return;
        asking_ = false;
        started_ = true;
        seed_ = jobs.seed;
        answers_[0].job = qt(jobs.base_job);
        answers_[1].job = qt(jobs.tuned_job);
        emit changed();
      },
      [this, number](const Failure& failure) {
        if (number != number_) return;
        asking_ = false;
        emit changed();
        emit failed(failure);
      });
}

bool Comparison::running() const {
  return asking_ || (started_ && !(answers_[0].ended && answers_[1].ended));
}

void Comparison::cancel() {
  for (const ComparedAnswer& one : answers_)
    if (!one.job.isEmpty() && !one.ended) service_->cancel_job(one.job);
}

void Comparison::judge(std::optional<Side> preferred) {
  if (!can_judge()) return;
  judged_ = true;
  ++(!preferred ? undecided_ : is_tuned(*preferred) ? for_tuned_ : for_base_);
  emit changed();
}

}  // namespace diptych::finetune
