// What the user chose for this window; the settings of the engine are the host's. One file, applied at once.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QSettings>

namespace diptych::ui {

class Preferences : public QObject {
  Q_OBJECT

 public:
  explicit Preferences(const QString& file, QObject* parent = nullptr);  // an INI file; made when something is set

  QString theme() const;  // "system", "light" or "dark"
  void set_theme(const QString& theme);
  bool enter_sends() const;  // false: Enter breaks the line, Shift+Enter sends
  void set_enter_sends(bool sends);

  // State of the window that is nobody's choice: geometry, folds, the panel shown.
  QVariant state(const QString& key, const QVariant& fallback = {}) const;
  void set_state(const QString& key, const QVariant& value);

 signals:
  void changed();  // not for set_state()

 private:
  void set(const QString& key, const QVariant& value);

  QSettings settings_;
};

}  // namespace diptych::ui
