// An X/Y/Z plot: axes and what they will cost, then the grid as it fills.
#pragma once

#include <QDialog>
#include <QTimer>
#include <optional>

#include "engine/api/image.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;

namespace diptych::ui {
struct Failure;
}

namespace diptych::create {

class CreateController;
class PlotAxisRow;
class PlotExport;
class PlotGrid;
using ui::Failure;

class PlotDialog : public QDialog {
  Q_OBJECT

 public:
  explicit PlotDialog(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  void show_plot(const api::Plot& plot);  // one that is over

  PlotAxisRow* axis_row(int axis) const { return rows_[axis]; }
  PlotGrid* grid() const { return grid_; }
  QPushButton* start_button() const { return start_; }
  QLabel* cost() const { return cost_; }
  bool running() const { return !job_.isEmpty() && !ended_; }
  PlotExport* exporting() const { return export_; }

 private:
  QWidget* build_axes();
  QWidget* build_grid();
  std::optional<api::PlotRequest> request(QString* why) const;
  void predict();
  void start();
  void start_prepared();
  void refresh_grid();
  void ended();
  void show_made();
  void choose_file();
  void show_cost(const QString& text, bool problem);

  CreateController* controller_;
  QList<PlotAxisRow*> rows_;
  QLabel* cost_;
  QPushButton* start_;
  QStackedWidget* pages_;
  PlotGrid* grid_;
  QLabel* state_;
  QProgressBar* bar_;
  QPushButton* save_;
  QPushButton* cancel_;
  PlotExport* export_;
  QTimer predict_timer_;
  int asked_ = 0;           // answers of earlier questions are of no use
  bool preparing_ = false;  // the host is given what was painted; then it starts
  QString job_;
  bool ended_ = false;
};

}  // namespace diptych::create
