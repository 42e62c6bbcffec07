#include "ui/shell/main_window.h"

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

#include "ui/preferences/preferences.h"
#include "ui/shell/columns.h"
#include "ui/shell/drop_target.h"
#include "ui/shell/help_popup.h"
#include "ui/shell/navigation_rail.h"
#include "ui/theme/icons.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/gauge_strip.h"

namespace diptych::ui {
namespace {

// Ctrl+Z belongs to a field as long as it has something to take back, and to the bar otherwise.
bool field_can_undo(const QObject* field) {
  if (const auto* line = qobject_cast<const QLineEdit*>(field)) return line->isUndoAvailable();
  if (const auto* text = qobject_cast<const QPlainTextEdit*>(field)) return text->document()->isUndoAvailable();
  return false;
}

}  // namespace

MainWindow::MainWindow(Preferences* preferences, QWidget* parent)
    : QMainWindow(parent),
      preferences_(preferences),
      rail_(new NavigationRail),
      columns_(new Columns),
      notices_(new NoticeBar),
      undo_(new UndoBar),
      gauges_(new GaugeStrip),
      palette_(nullptr),
      help_(new HelpPopup(this)),
      panel_actions_(new QActionGroup(this)) {
  setObjectName(QStringLiteral("mainWindow"));
  setWindowTitle(QStringLiteral("Diptych"));
  setMinimumSize(640, 480);
  resize(1280, 800);
  build();
  palette_ = new CommandPalette(this);
  connect(new DropTarget(this), &DropTarget::dropped, this, &MainWindow::model_dropped);
  connect(gauges_, &GaugeStrip::history_requested, this, &MainWindow::history_requested);
  connect(columns_, &Columns::folds_changed, this, &MainWindow::update_folds);
  make_actions();
  qApp->installEventFilter(this);
}

MainWindow::~MainWindow() {
  qApp->removeEventFilter(this);
}

void MainWindow::build() {
  auto* page = new QWidget(this);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(rail_);
  row->addWidget(columns_, 1);
  column->addLayout(row, 1);
  column->addWidget(notices_);
  column->addWidget(undo_);
  column->addWidget(gauges_);
  setCentralWidget(page);
}

void MainWindow::add_panel(Panel* panel, bool last) {
  panels_ << panel;
  columns_->add(panel);
  auto* action = new QAction(icon(panel->icon_name()), panel->title(), this);
  action->setCheckable(true);
  if (panels_.size() <= 7)
    action->setShortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + panels_.size())));
  action->setObjectName(QStringLiteral("panel.") + panel->id());
  panel_actions_->addAction(action);
  addAction(action);
  connect(action, &QAction::triggered, this, [this, panel] { activate(panel); });
  connect(panel, &Panel::notice, this, &MainWindow::show_notice);
  connect(panel, &Panel::undo_offered, this, &MainWindow::offer_undo);
  rail_->add_panel(action, last);
  if (!panel_) activate(panel);
}

void MainWindow::show_panel(const QString& id) {
  for (Panel* panel : panels_)
    if (panel->id() == id) return activate(panel);
}

void MainWindow::activate(Panel* panel) {
  const bool other = panel != panel_;
  if (other && panel_)
    for (QAction* action : panel_->actions()) removeAction(action);
  panel_ = panel;
  if (other)
    for (QAction* action : panel->actions()) addAction(action);
  for (QAction* action : panel_actions_->actions())
    action->setChecked(action->objectName() == QStringLiteral("panel.") + panel->id());
  columns_->show_panel(panel);
  update_folds();
  if (isVisible()) panel->shown();
}

void MainWindow::show_notice(const Notice& notice) {
  notices_->show_notice(notice);
}

void MainWindow::offer_undo(const QString& text, const std::function<void()>& undo) {
  undo_->offer(text, undo);
}

void MainWindow::bring_to_front() {
  setWindowState(windowState() & ~Qt::WindowMinimized);
  show();
  raise();
  activateWindow();
}

void MainWindow::restore() {
  restoreGeometry(preferences_->state(QStringLiteral("geometry")).toByteArray());
  columns_->restore(preferences_->state(QStringLiteral("columns")).toByteArray());
  show_panel(preferences_->state(QStringLiteral("panel")).toString());
}

void MainWindow::save() {
  preferences_->set_state(QStringLiteral("geometry"), saveGeometry());
  preferences_->set_state(QStringLiteral("columns"), columns_->save());
  if (panel_) preferences_->set_state(QStringLiteral("panel"), panel_->id());
}

void MainWindow::closeEvent(QCloseEvent* event) {
  save();
  QMainWindow::closeEvent(event);
}

// Reached when no control wanted the key: first the running thing stops, then the focus goes.
void MainWindow::keyPressEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Escape) return QMainWindow::keyPressEvent(event);
  event->accept();
  if (panel_ && panel_->cancel()) return;
  if (notices_->isVisible()) return notices_->dismiss();
  if (QWidget* focused = QApplication::focusWidget()) focused->clearFocus();
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride && undo_->can_undo() && watched == QApplication::focusWidget() &&
      static_cast<QKeyEvent*>(event)->matches(QKeySequence::Undo) && !field_can_undo(watched)) {
    event->ignore();
    return true;
  }
  return QMainWindow::eventFilter(watched, event);
}

}  // namespace diptych::ui
