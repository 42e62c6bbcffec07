// Settings of the conversation, applied as they are changed.
#pragma once

#include <QScrollArea>
#include <functional>

#include "ui/panels/chat/settings.h"

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace diptych::chat {

class AdaptersBox;

class Inspector : public QScrollArea {
  Q_OBJECT

 public:
  static constexpr int preferred_width = 320;

  explicit Inspector(QWidget* parent = nullptr);

  void set_settings(const ChatSettings& settings);  // without settings_changed()
  const ChatSettings& settings() const { return settings_; }

 signals:
  void settings_changed(const diptych::chat::ChatSettings& settings);

 private:
  QFormLayout* add_section(const QString& title);
  void add_number(QFormLayout* form, const QString& label, const QString& tip, double ChatSettings::*field, double low,
                  double high, double step);
  void add_number(QFormLayout* form, const QString& label, const QString& tip, int ChatSettings::*field, int high,
                  const QString& zero);
  void add_seed(QFormLayout* form);
  void build_sampling();
  void build_limits();
  void change(const std::function<void(ChatSettings&)>& change);
  void refresh();  // widgets from settings_

  ChatSettings settings_;
  bool refreshing_ = false;
  QWidget* page_;
  QPlainTextEdit* system_prompt_;
  AdaptersBox* adapters_;
  QComboBox* preset_;
  QCheckBox* random_seed_;
  QLineEdit* seed_;
  QLineEdit* stop_;
  QComboBox* policy_;
  std::vector<std::function<void()>> refreshers_;
};

}  // namespace diptych::chat
