// One window per data folder: a second start hands its wish to the first and leaves.
#pragma once

#include <QLocalServer>
#include <QObject>

namespace diptych::window {

class SingleInstance : public QObject {
  Q_OBJECT

 public:
  // `key`: what must not be opened twice (the data folder, with the host's address where one is given).
  explicit SingleInstance(const QString& key, QObject* parent = nullptr);

  // True: a window is open already and took `model` (may be empty).
  bool hand_over(const QString& model) const;
  void listen();

 signals:
  void asked(const QString& model);  // empty: only to come to the front

 private:
  QString name_;
  QLocalServer server_;
};

}  // namespace diptych::window
