#include "ui/panels/create/plot_dialog.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <utility>

#include "ui/client/provenance.h"
#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/figures.h"
#include "ui/panels/create/plot_axis_row.h"
#include "ui/panels/create/plot_export.h"
#include "ui/panels/create/plot_grid.h"
#include "ui/theme/typography.h"
#include "ui/widgets/quantity.h"

namespace diptych::create {
namespace {

constexpr int predict_pause_ms = 250;

QString cost_line(const api::PlotEstimate& estimate) {
  QStringList parts{estimate.cells == 1 ? PlotDialog::tr("1 picture")
                                        : PlotDialog::tr("%1 pictures").arg(estimate.cells)};
  if (estimate.seconds.value)
    parts << QStringLiteral("%1 ≈ %2").arg(ui::known_mark(estimate.seconds.known),
                                           ui::format_duration_s(*estimate.seconds.value));
  if (estimate.model_loads > 1) parts << PlotDialog::tr("%1 model loads").arg(estimate.model_loads);
  const QString memory = ui::format_bytes(static_cast<double>(estimate.memory_bytes));
  parts << (estimate.fits ? PlotDialog::tr("◐ %1, fits").arg(memory)
                          : PlotDialog::tr("◐ %1, does not fit").arg(memory));
  QString line = parts.join(QStringLiteral(" · "));
  if (!estimate.fits && !estimate.to_do.empty()) line += QStringLiteral(". ") + ui::qt(estimate.to_do);
  return line;
}

}  // namespace

PlotDialog::PlotDialog(CreateController* controller, QWidget* parent)
    : QDialog(parent),
      controller_(controller),
      cost_(new QLabel(this)),
      start_(new QPushButton(tr("Start"), this)),
      pages_(new QStackedWidget(this)),
      grid_(new PlotGrid(controller->service(), this)),
      state_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      save_(new QPushButton(tr("Save as one picture…"), this)),
      cancel_(new QPushButton(tr("Cancel"), this)),
      export_(new PlotExport(controller->service(), this)) {
  setWindowTitle(tr("X/Y/Z plot"));
  setObjectName(QStringLiteral("plotDialog"));
  resize(640, 480);
  pages_->addWidget(build_axes());
  pages_->addWidget(build_grid());
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(16, 16, 16, 16);
  column->addWidget(pages_);
  rows_[0]->set(QStringLiteral("steps"), {});
  rows_[1]->set(QStringLiteral("guidance"), {});
  rows_[0]->focus_values();
  predict_timer_.setSingleShot(true);
  predict_timer_.setInterval(predict_pause_ms);
  connect(&predict_timer_, &QTimer::timeout, this, &PlotDialog::predict);
  for (PlotAxisRow* row : rows_)
    connect(row, &PlotAxisRow::changed, this, [this] {
      preparing_ = false;
      start_->setEnabled(false);  // until what it costs is known
      predict_timer_.start();
    });
  connect(start_, &QPushButton::clicked, this, &PlotDialog::start);
  connect(cancel_, &QPushButton::clicked, this, [this] {
    if (running())
      controller_->cancel(job_);
    else
      close();
  });
  InputPicture* input = controller->input();
  connect(input, &InputPicture::failed, this, [this](const Failure& failure) {
    if (!std::exchange(preparing_, false)) return;
    show_cost(failure.text(), true);
    start_->setEnabled(true);
  });
  connect(input, &InputPicture::changed, this, [this] {
    if (preparing_) predict();  // of another picture it is another plot
  });
  CreateService* service = controller->service();
  connect(service, &CreateService::ready_changed, this, [this](bool ready) {
    if (ready && !preparing_ && job_.isEmpty() && !ended_) predict();  // it may have failed without the host
  });
  connect(service, &CreateService::image_changed, this, [this](const api::ImageInfo& image) {
    if (running() && ui::qt(image.job) == job_) refresh_grid();
  });
  connect(service, &CreateService::progressed, this, [this](const QString& job, const api::ImageProgress& progress) {
    if (job != job_) return;
    bar_->setValue(static_cast<int>(progress.progress * 1000));
    state_->setText(progress_line(progress));
  });
  connect(service, &CreateService::job_ended, this, [this](const QString& job) {
    if (job == job_) ended();
  });
  connect(grid_, &PlotGrid::activated, this, [this](const QString& image) {
    controller_->show_image(image);
    close();
  });
  connect(save_, &QPushButton::clicked, this, &PlotDialog::choose_file);
  connect(export_, &PlotExport::progressed, this,
          [this](int fetched, int of) { state_->setText(tr("Picture %1 of %2").arg(fetched).arg(of)); });
  connect(export_, &PlotExport::saved, this, [this](const QString& path, int missing) {
    save_->setEnabled(true);
    state_->setText(missing == 0 ? tr("Saved as %1").arg(path)
                                 : tr("Saved as %1; %2 pictures are gone").arg(path).arg(missing));
  });
  connect(export_, &PlotExport::failed, this, [this](const Failure& failure) {
    save_->setEnabled(true);
    state_->setText(failure.text());
  });
  predict();
}

QWidget* PlotDialog::build_axes() {
  auto* page = new QWidget(this);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  auto* about =
      new QLabel(tr("One picture for each pair of values, with the settings of the panel for everything else. "
                    "Values stand between commas; 10-30 (+10) and 1-2 [5] are ranges. For words of the prompt, "
                    "the first one is replaced by the others."),
                 page);
  about->setWordWrap(true);
  about->setForegroundRole(QPalette::PlaceholderText);
  column->addWidget(about);
  for (const QString& name : {tr("Columns"), tr("Rows"), tr("Pages")}) {
    rows_ << new PlotAxisRow(controller_, name, page);
    column->addWidget(rows_.last());
  }
  column->addStretch(1);
  cost_->setWordWrap(true);
  cost_->setObjectName(QStringLiteral("plotCost"));
  column->addWidget(cost_);
  start_->setProperty("primary", true);
  start_->setDefault(true);
  start_->setObjectName(QStringLiteral("startPlot"));
  auto* close_button = new QPushButton(tr("Close"), page);
  close_button->setAutoDefault(false);
  connect(close_button, &QPushButton::clicked, this, &QDialog::close);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  buttons->addWidget(close_button);
  buttons->addWidget(start_);
  column->addLayout(buttons);
  return page;
}

QWidget* PlotDialog::build_grid() {
  auto* page = new QWidget(this);
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  bar_->setFixedHeight(4);
  bar_->setAccessibleName(tr("Progress of the plot"));
  state_->setFont(ui::text_font(ui::TextSize::body));
  cancel_->setAutoDefault(false);
  auto* line = new QHBoxLayout;
  line->addWidget(state_, 1);
  save_->setAutoDefault(false);
  save_->setObjectName(QStringLiteral("savePlot"));
  save_->setToolTip(tr("All pictures with what their axes say beside them"));
  save_->hide();
  state_->setWordWrap(true);
  line->addWidget(save_);
  line->addWidget(cancel_);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(grid_, 1);
  column->addWidget(bar_);
  column->addLayout(line);
  return page;
}

std::optional<api::PlotRequest> PlotDialog::request(QString* why) const {
  api::PlotRequest request;
  request.settings = controller_->store()->settings();
  for (const PlotAxisRow* row : rows_) {
    const auto axis = row->axis(why);
    if (!axis && !why->isEmpty()) return std::nullopt;
    if (axis) request.axes.push_back(*axis);
  }
  if (request.axes.empty()) {
    *why = tr("Choose what changes along the columns");
    return std::nullopt;
  }
  return request;
}

void PlotDialog::show_cost(const QString& text, bool problem) {
  cost_->setText(text);
  cost_->setForegroundRole(problem ? QPalette::BrightText : QPalette::WindowText);
}

void PlotDialog::predict() {
  QString why;
  const auto wanted = request(&why);
  preparing_ = false;
  start_->setEnabled(false);
  const int number = ++asked_;
  if (!wanted) return show_cost(why, false);
  show_cost(tr("Predicting…"), false);
  controller_->service()->estimate_plot(
      *wanted,
      [this, number, alive = QPointer<PlotDialog>(this)](const api::PlotEstimate& estimate) {
        if (!alive || number != asked_) return;
        show_cost(cost_line(estimate), !estimate.fits);
        start_->setEnabled(estimate.fits);
      },
      [this, number, alive = QPointer<PlotDialog>(this)](const Failure& failure) {
        if (alive && number == asked_) show_cost(failure.text(), true);
      });
}

// What was painted since the last picture is handed over first, and named by the settings only then.
void PlotDialog::start() {
  QString why;
  if (!request(&why)) return;
  start_->setEnabled(false);
  preparing_ = true;
  controller_->input()->prepare([this, alive = QPointer<PlotDialog>(this)] {
    if (alive && std::exchange(preparing_, false)) start_prepared();
  });
}

void PlotDialog::start_prepared() {
  QString why;
  const auto wanted = request(&why);
  if (!wanted) return;
  controller_->service()->start_plot(
      *wanted,
      [this, alive = QPointer<PlotDialog>(this)](const api::ImageStarted& started) {
        if (!alive) return;
        job_ = ui::qt(started.job);
        pages_->setCurrentIndex(1);
        refresh_grid();
      },
      [this, alive = QPointer<PlotDialog>(this)](const Failure& failure) {
        if (!alive) return;
        show_cost(failure.text(), true);
        start_->setEnabled(true);
      });
}

void PlotDialog::refresh_grid() {
  controller_->service()->get_plot(job_, [this, alive = QPointer<PlotDialog>(this)](const api::Plot& plot) {
    if (!alive) return;
    grid_->set_plot(plot);
    if (ended_) show_made();
  });
}

void PlotDialog::show_made() {
  const PlotGridModel* model = grid_->model();
  state_->setText(
      tr("%1 of %2 pictures made; they are in the gallery").arg(model->made()).arg(model->plot().cells.size()));
  save_->setVisible(model->made() > 0);
}

void PlotDialog::show_plot(const api::Plot& plot) {
  predict_timer_.stop();
  ended_ = true;
  pages_->setCurrentIndex(1);
  bar_->hide();
  cancel_->setText(tr("Close"));
  grid_->set_plot(plot);
  show_made();
}

void PlotDialog::choose_file() {
  auto* dialog = new QFileDialog(this, tr("Save the plot"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilter(tr("Pictures (*.png)"));
  dialog->setDefaultSuffix(QStringLiteral("png"));
  dialog->selectFile(QStringLiteral("plot.png"));
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    save_->setEnabled(false);
    export_->save(grid_->model()->plot(), path);
  });
  dialog->open();
}

void PlotDialog::ended() {
  ended_ = true;
  bar_->setVisible(false);
  cancel_->setText(tr("Close"));
  refresh_grid();
}

}  // namespace diptych::create
