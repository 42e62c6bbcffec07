// Base and adapter on one prompt with one seed; blind if wished: which is which stays hidden until one was preferred.
#pragma once

#include <QImage>
#include <QObject>
#include <array>
#include <optional>

#include "ui/panels/finetune/finetune_service.h"

namespace diptych::finetune {

enum class Side { left, right };

struct ComparedAnswer {
  QString job;
  QString text;
  QImage image;
  bool ended = false;
  QString error;
};

class Comparison : public QObject {
  Q_OBJECT

 public:
  explicit Comparison(FinetuneService* service, QObject* parent = nullptr);  // `service` must outlive it

  void clear();
  void start(const QString& run, const api::CompareBody& body, bool blind);
  void cancel();
  void judge(std::optional<Side> preferred);  // none: no difference; shows which is which

  bool running() const;
  bool started() const { return started_; }
  bool blind() const { return blind_ && !judged_; }  // which is which is hidden
  bool can_judge() const { return blind() && !running() && started_; }
  bool is_tuned(Side side) const { return (side == Side::left) == tuned_left_; }
  const ComparedAnswer& answer(Side side) const { return answers_[is_tuned(side) ? 1 : 0]; }
  int64_t seed() const { return seed_; }
  // Of the blind comparisons so far, by what was preferred.
  int for_tuned() const { return for_tuned_; }
  int for_base() const { return for_base_; }
  int undecided() const { return undecided_; }

 signals:
  void changed();
  void failed(const diptych::finetune::Failure& failure);

 private:
  ComparedAnswer* of_job(const QString& job);

  FinetuneService* service_;
  std::array<ComparedAnswer, 2> answers_;  // base, tuned
  int64_t seed_ = 0;
  bool asking_ = false, started_ = false, blind_ = false, judged_ = false;
  bool tuned_left_ = false;
  int number_ = 0;
  int for_tuned_ = 0, for_base_ = 0, undecided_ = 0;
};

}  // namespace diptych::finetune
