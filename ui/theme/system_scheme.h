// What the desktop says about light and dark and about motion, and when it changes its mind.
#pragma once

#include <QObject>
#include <QVariant>
#include <optional>

class QDBusVariant;

namespace diptych::ui {

// Asks the freedesktop settings portal; where there is none, the platform's own palette decides.
class SystemScheme : public QObject {
  Q_OBJECT

 public:
  explicit SystemScheme(QObject* parent = nullptr);

  bool dark() const;
  bool reduced_motion() const { return reduced_motion_; }

  void platform_palette_changed();  // the application saw QEvent::ApplicationPaletteChange that we did not cause

 signals:
  void changed();

 private slots:
  void setting_changed(const QString& space, const QString& key, const QDBusVariant& value);

 private:
  void ask(const QString& space, const QString& key);
  void take(const QString& space, const QString& key, const QVariant& value);

  std::optional<bool> portal_dark_;  // none: no portal, or no preference
  bool platform_dark_ = false;
  bool reduced_motion_ = false;
};

}  // namespace diptych::ui
