// A goal in words, with what it would take.
#pragma once

#include <QAbstractButton>

#include "ui/panels/finetune/draft_session.h"

namespace diptych::finetune {

class GoalCard : public QAbstractButton {
  Q_OBJECT

 public:
  explicit GoalCard(const api::GoalPreset& preset, QWidget* parent = nullptr);

  QString name() const { return name_; }
  void set_prediction(const Prediction& prediction);
  QString figures() const;  // as one line
  QSize sizeHint() const override { return {320, heightForWidth(320)}; }
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void describe();

  QString name_, title_, explanation_;
  bool recommended_ = false;
  Prediction prediction_;
};

}  // namespace diptych::finetune
