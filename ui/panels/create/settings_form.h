// Rows of labelled fields that read and write the settings.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

#include "ui/panels/create/settings_store.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QSpinBox;

namespace diptych::create {

struct Choice {
  QString name, title;
};

class SettingsForm : public QWidget {
  Q_OBJECT

 public:
  template <typename T>
  using Read = std::function<T(const api::ImageSettings&)>;
  template <typename T>
  using Write = std::function<void(api::ImageSettings&, const T&)>;

  explicit SettingsForm(SettingsStore* store, QWidget* parent = nullptr);  // `store` must outlive it

  QLabel* add_title(const QString& text);
  QLabel* add_row(const QString& label, QWidget* field, const QString& tip = {});
  void add_wide(QWidget* widget);  // below both columns
  QSpinBox* add_number(const QString& label, const QString& tip, int low, int high, const Read<int>& read,
                       const Write<int>& write);
  QDoubleSpinBox* add_real(const QString& label, const QString& tip, double low, double high, double step,
                           const Read<double>& read, const Write<double>& write);
  QCheckBox* add_flag(const QString& text, const QString& tip, bool api::ImageSettings::*field);
  QComboBox* add_choice(const QString& label, const QString& tip, const Read<QString>& read,
                        const Write<QString>& write);
  // What may be chosen; the first is what holds where nothing was chosen.
  static void set_choices(QComboBox* box, const QList<Choice>& choices, const QString& current);
  void set_row_visible(QWidget* field, bool visible);

  SettingsStore* store() const { return store_; }
  // Called now and whenever the settings or the model change; what it sets is not written back.
  void keep_fresh(const std::function<void()>& refresh);
  void change(const std::function<void(api::ImageSettings&)>& change);

 private:
  void refresh();

  SettingsStore* store_;
  QFormLayout* form_;
  std::vector<std::function<void()>> refreshers_;
  bool refreshing_ = false;
};

}  // namespace diptych::create
