// Says which model is missing, fetches it, and shows how far that is.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace diptych::create {

class MissingModel;

class MissingModelBox : public QWidget {
  Q_OBJECT

 public:
  explicit MissingModelBox(MissingModel* missing, QWidget* parent = nullptr);  // `missing` must outlive it

 private:
  void refresh();

  MissingModel* missing_;
  QLabel* why_;
  QProgressBar* bar_;
  QLabel* line_;
  QPushButton* get_;
  QPushButton* cancel_;
};

}  // namespace diptych::create
