// Takes GGUF files and model folders dropped anywhere on the window, before any field takes their path as text. Folders
// that are dropped on a widget with the property "takesFolders" are its own.
#pragma once

#include <QObject>
#include <QWidget>

class QMimeData;

namespace diptych::ui {

// The first dropped thing that can be a model: a local *.gguf or *.safetensors file or a folder; empty: none.
QString dropped_model(const QMimeData* data);

class DropTarget : public QWidget {
  Q_OBJECT

 public:
  explicit DropTarget(QWidget* window);  // covers `window` while something is dragged over it

 signals:
  void dropped(const QString& path);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  QWidget* window_;
};

}  // namespace diptych::ui
