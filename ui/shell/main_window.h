// The window around the panels: rail, columns, bars, gauges, command palette, and the keys that hold everywhere.
#pragma once

#include <QMainWindow>

#include "ui/widgets/gauge_reading.h"
#include "ui/widgets/panel.h"

class QActionGroup;

namespace diptych::ui {

class Columns;
class CommandPalette;
class GaugeStrip;
class HelpPopup;
class NavigationRail;
class NoticeBar;
class Preferences;
class UndoBar;

class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(Preferences* preferences, QWidget* parent = nullptr);  // `preferences` must outlive it
  ~MainWindow() override;

  // In the order of the rail and of Ctrl+1…; `last` puts it at the rail's foot. Panels must outlive the window's use.
  void add_panel(Panel* panel, bool last = false);
  void show_panel(const QString& id);
  Panel* panel() const { return panel_; }
  void restore();  // geometry, folds and panel of the last time; call once after the panels were added

  void show_notice(const Notice& notice);
  void offer_undo(const QString& text, const std::function<void()>& undo);
  void open_palette();
  void bring_to_front();

  GaugeStrip* gauges() const { return gauges_; }
  Columns* columns() const { return columns_; }
  CommandPalette* palette_popup() const { return palette_; }
  NoticeBar* notices() const { return notices_; }
  UndoBar* undo_bar() const { return undo_; }

 signals:
  void model_dropped(const QString& path);
  void history_requested(diptych::ui::GaugeKind kind);

 protected:
  void closeEvent(QCloseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void build();
  void make_actions();
  QAction* add_command(const QString& text, const QString& icon_name, const QKeySequence& keys,
                       const std::function<void()>& run);
  void activate(Panel* panel);
  void update_folds();
  void save();

  Preferences* preferences_;
  NavigationRail* rail_;
  Columns* columns_;
  NoticeBar* notices_;
  UndoBar* undo_;
  GaugeStrip* gauges_;
  CommandPalette* palette_;
  HelpPopup* help_;
  QActionGroup* panel_actions_;
  QList<Panel*> panels_;
  QList<QAction*> commands_;  // the window's own
  Panel* panel_ = nullptr;
  QAction* fold_list_ = nullptr;
  QAction* fold_inspector_ = nullptr;
};

}  // namespace diptych::ui
