// A figure over the steps of a run: hover or arrow keys read out a step. Lines are named at their ends, so that colour
// is not all that tells them apart.
#pragma once

#include <QList>
#include <QWidget>

class QBoxLayout;
class QCPItemLine;
class QCPItemText;
class QCustomPlot;
class QLabel;

namespace diptych::ui {
class ElidedLabel;
}

namespace diptych::finetune {

enum class LineStyle { solid, faint, dashed, points };  // points: few values, joined by dashes

class StepChart : public QWidget {
  Q_OBJECT

 public:
  explicit StepChart(const QString& title, QWidget* parent = nullptr);

  // `color`: of Palette::series(); returns the number that set_data() takes. A series without a name is not read out.
  int add_series(const QString& name, LineStyle style, int color);
  void set_data(int series, const QList<double>& steps, const QList<double>& values);
  void set_last_step(double step);  // of the whole run: what is still to come stays empty; 0: as far as there is data
  void set_from_zero(bool zero) { from_zero_ = zero; }
  void set_note(const QString& note);  // in small letters beside the title
  void refresh();                      // after set_data() of all series

  QString readout() const;           // the whole of it, also where there is room for less
  QString shown_readout() const;     // as it stands on the screen
  int points(int series) const;      // that are shown
  QList<QRectF> name_boxes() const;  // of the lines' names, in pixels of the plot
  QSize plot_size() const;
  QSize sizeHint() const override { return {420, 220}; }
  QSize minimumSizeHint() const override { return {220, 132}; }

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void changeEvent(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Series {
    QString name;
    LineStyle style = LineStyle::solid;
    int color = 0;
    QList<double> steps, values;
    QCPItemText* label = nullptr;
  };

  void restyle();
  void fit_ranges();
  void make_room();
  void place_labels();
  void read_at(double step);
  void clear_readout();
  QString overview(bool named) const;  // the latest value of each line
  void set_readout(const QString& whole, const QString& values_only);
  void fit_head();
  double last_known_step() const;

  QLabel* title_;
  QLabel* note_;
  QBoxLayout* head_;
  ui::ElidedLabel* readout_;
  QString whole_readout_, short_readout_;
  QCustomPlot* plot_;
  QCPItemLine* cursor_;
  QList<Series> series_;
  double last_step_ = 0;
  double cursor_step_ = -1;  // negative: none
  bool from_zero_ = false;
  bool shows_names_ = false;  // at the ends of lines
};

}  // namespace diptych::finetune
