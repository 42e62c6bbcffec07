// Predicted memory by owner against what the machine has, with a legend: no colour speaks alone.
#pragma once

#include <QWidget>

#include "ui/widgets/gauge_reading.h"

namespace diptych::finetune {

class MemoryPlan : public QWidget {
  Q_OBJECT

 public:
  explicit MemoryPlan(QWidget* parent = nullptr);

  // `others`: what is in use by other programs, in bytes.
  void set_shares(const QList<ui::MemoryShare>& shares, double others, double capacity);
  QSize sizeHint() const override { return {480, heightForWidth(480)}; }
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  struct Entry {
    ui::MemoryShare share;
    QString text;
  };
  // Places each entry of the legend; returns the height.
  int lay_out(int width, QList<QRect>* places) const;

  QList<Entry> entries_;
  double capacity_ = 0, total_ = 0;
};

}  // namespace diptych::finetune
