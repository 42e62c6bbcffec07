// Tabs as words above a page: the one that is shown is underlined.
#pragma once

#include <QTabBar>

namespace diptych::finetune {

class QuietTabs : public QTabBar {
  Q_OBJECT

 public:
  explicit QuietTabs(QWidget* parent = nullptr);

 protected:
  QSize tabSizeHint(int index) const override;
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace diptych::finetune
