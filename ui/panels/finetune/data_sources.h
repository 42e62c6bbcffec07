// The files and folders that are learnt from: dropped, chosen, taken out again.
#pragma once

#include <QFrame>
#include <QStringList>

#include "engine/api/training.h"

class QLabel;
class QMimeData;
class QPushButton;
class QVBoxLayout;

namespace diptych::finetune {

class DraftSession;

// Local files and folders that are dragged.
QStringList dragged_paths(const QMimeData* data);

// The first of them that is a configuration of kohya's scripts, not data; empty: none.
QString dragged_recipe(const QMimeData* data);

class DataSources : public QFrame {
  Q_OBJECT

 public:
  explicit DataSources(DraftSession* draft, QWidget* parent = nullptr);  // `draft` must outlive it

  void add(const QStringList& paths);
  void choose_files();
  void choose_folder();
  void highlight(bool on);        // something is dragged over the page
  QString choose_filter() const;  // of the file dialog

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void refresh();
  QWidget* make_row(const QString& path);

  DraftSession* draft_;
  QLabel* invitation_;
  QLabel* shapes_;
  QVBoxLayout* rows_;
  QPushButton* files_;
  QPushButton* folder_;
  QStringList shown_;
  bool dragged_over_ = false;
};

}  // namespace diptych::finetune
