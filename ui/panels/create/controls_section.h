// ControlNets: the map that each follows, how strongly and for which share of the steps.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

class QVBoxLayout;

namespace diptych::create {

class CreateController;

class ControlsSection : public QWidget {
  Q_OBJECT

 public:
  explicit ControlsSection(CreateController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

 private:
  void open_menu(QWidget* below);
  void choose_map(const QString& model);
  void show_controls();
  QWidget* make_row(size_t index);

  CreateController* controller_;
  QVBoxLayout* rows_;
  QStringList shown_;                              // model and map of each row
  std::vector<std::function<void()>> refreshers_;  // of the rows' fields
};

}  // namespace diptych::create
