// Pictures out of the window and into it: clipboard, files, the folder that they lie in.
#pragma once

#include <QObject>
#include <QPointer>
#include <QWidget>

#include "ui/panels/create/create_controller.h"

namespace diptych::create {

class PictureFiles : public QObject {
  Q_OBJECT

 public:
  // Both must outlive it; dialogs belong to `window`.
  PictureFiles(CreateController* controller, QWidget* window, QObject* parent = nullptr);

  void copy(const QString& id);
  void save_as(const QString& id);
  void save(const QString& id, const QString& path);  // the file as it is, with its metadata
  void reveal(const QString& id);
  void paste();
  void open_input();

 signals:
  void noticed(const diptych::ui::Notice& notice);

 private:
  void note(const QString& text) { emit noticed({ui::Notice::Level::info, text, {}, {}}); }

  CreateController* controller_;
  QPointer<QWidget> window_;
};

QString proposed_name(const api::ImageInfo& image);  // "20260412-lighthouse-at-dusk-42.png"

}  // namespace diptych::create
