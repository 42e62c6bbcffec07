#include "ui/panels/create/settings_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>

#include "ui/theme/typography.h"

namespace diptych::create {
namespace {

constexpr int label_width = 80;  // so that the fields of all sections stand below each other

void describe(QWidget* field, const QString& name, const QString& tip) {
  field->setAccessibleName(name);
  field->setToolTip(tip);
  field->setWhatsThis(tip);
  field->setAccessibleDescription(tip);
}

}  // namespace

SettingsForm::SettingsForm(SettingsStore* store, QWidget* parent)
    : QWidget(parent), store_(store), form_(new QFormLayout(this)) {
  form_->setContentsMargins(0, 0, 0, 0);
  form_->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  form_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form_->setRowWrapPolicy(QFormLayout::DontWrapRows);
  form_->setHorizontalSpacing(8);
  form_->setVerticalSpacing(6);
  connect(store, &SettingsStore::changed, this, &SettingsForm::refresh);
  connect(store, &SettingsStore::model_changed, this, &SettingsForm::refresh);
}

QLabel* SettingsForm::add_title(const QString& text) {
  auto* label = new QLabel(text, this);
  label->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  if (form_->rowCount() > 0) label->setContentsMargins(0, 8, 0, 0);
  form_->addRow(label);
  return label;
}

QLabel* SettingsForm::add_row(const QString& text, QWidget* field, const QString& tip) {
  auto* label = new QLabel(text, this);
  label->setBuddy(field);
  label->setToolTip(tip);
  label->setMinimumHeight(field->sizeHint().height());  // in the middle of a taller field
  label->setMinimumWidth(label_width);
  form_->addRow(label, field);
  return label;
}

void SettingsForm::add_wide(QWidget* widget) {
  form_->addRow(widget);
}

QSpinBox* SettingsForm::add_number(const QString& label, const QString& tip, int low, int high, const Read<int>& read,
                                   const Write<int>& write) {
  auto* spin = new QSpinBox(this);
  spin->setRange(low, high);
  spin->setKeyboardTracking(false);  // "1024" is not 1, 10 and 102 on its way
  describe(spin, label, tip);
  add_row(label, spin, tip);
  connect(spin, &QSpinBox::valueChanged, this,
          [this, write](int value) { change([&](api::ImageSettings& settings) { write(settings, value); }); });
  keep_fresh([this, spin, read] { spin->setValue(read(store_->settings())); });
  return spin;
}

QDoubleSpinBox* SettingsForm::add_real(const QString& label, const QString& tip, double low, double high, double step,
                                       const Read<double>& read, const Write<double>& write) {
  auto* spin = new QDoubleSpinBox(this);
  spin->setRange(low, high);
  spin->setSingleStep(step);
  spin->setDecimals(2);
  spin->setKeyboardTracking(false);
  describe(spin, label, tip);
  add_row(label, spin, tip);
  connect(spin, &QDoubleSpinBox::valueChanged, this,
          [this, write](double value) { change([&](api::ImageSettings& settings) { write(settings, value); }); });
  keep_fresh([this, spin, read] { spin->setValue(read(store_->settings())); });
  return spin;
}

QCheckBox* SettingsForm::add_flag(const QString& text, const QString& tip, bool api::ImageSettings::*field) {
  auto* box = new QCheckBox(text, this);
  describe(box, text, tip);
  form_->addRow(box);
  connect(box, &QCheckBox::toggled, this,
          [this, field](bool on) { change([&](api::ImageSettings& settings) { settings.*field = on; }); });
  keep_fresh([this, box, field] { box->setChecked(store_->settings().*field); });
  return box;
}

QComboBox* SettingsForm::add_choice(const QString& label, const QString& tip, const Read<QString>& read,
                                    const Write<QString>& write) {
  auto* box = new QComboBox(this);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);  // long names may not widen the page
  box->setMinimumContentsLength(8);
  describe(box, label, tip);
  add_row(label, box, tip);
  connect(box, &QComboBox::activated, this, [this, box, write](int index) {
    const QString name = box->itemData(index).toString();
    change([&](api::ImageSettings& settings) { write(settings, name); });
  });
  keep_fresh([this, box, read] {
    const QString name = read(store_->settings());
    int index = box->findData(name);
    if (index < 0 && !name.isEmpty()) {  // restored from elsewhere, and not among what is here
      box->addItem(name, name);
      index = box->count() - 1;
    }
    box->setCurrentIndex(index);
  });
  return box;
}

void SettingsForm::set_choices(QComboBox* box, const QList<Choice>& choices, const QString& current) {
  box->clear();
  for (const Choice& choice : choices) box->addItem(choice.title, choice.name);
  int index = box->findData(current);
  if (index < 0 && !current.isEmpty()) {
    box->addItem(current, current);
    index = box->count() - 1;
  }
  box->setCurrentIndex(index);
}

void SettingsForm::set_row_visible(QWidget* field, bool visible) {
  form_->setRowVisible(field, visible);
}

void SettingsForm::keep_fresh(const std::function<void()>& refresh) {
  refreshers_.push_back(refresh);
  const bool before = std::exchange(refreshing_, true);
  refresh();
  refreshing_ = before;
}

void SettingsForm::change(const std::function<void(api::ImageSettings&)>& change) {
  if (!refreshing_) store_->change(change);
}

void SettingsForm::refresh() {
  if (refreshing_) return;
  refreshing_ = true;
  for (const auto& refresher : refreshers_) refresher();
  refreshing_ = false;
}

}  // namespace diptych::create
