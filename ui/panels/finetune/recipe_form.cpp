#include "ui/panels/finetune/recipe_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QSpinBox>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/page_frame.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {

using ui::qt;
using ui::utf8;

namespace {

constexpr int label_width = 132, field_width = 220;

void describe(QWidget* field, const QString& key, const QString& label, const QString& tip) {
  field->setObjectName(QStringLiteral("recipe_") + key);
  field->setAccessibleName(label);
  field->setToolTip(tip);
  field->setWhatsThis(tip);
}

// As short as it is exact: "0.0005", "5e-05".
QString number_text(double value) {
  return QString::number(value, 'g', 6);
}

}  // namespace

api::Json recipe_value(const api::Json& recipe, const QString& key) {
  const api::Json* at = &recipe;
  const QStringList parts = key.split(QLatin1Char('.'));
  for (const QString& part : parts) {
    if (at->is_string() && part == QLatin1String("name")) return *at;
    if (!at->is_object()) return nullptr;
    const auto found = at->find(utf8(part));
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return *at;
}

api::Json recipe_patch(const QString& key, const api::Json& value) {
  const qsizetype dot = key.indexOf(QLatin1Char('.'));
  if (dot < 0) return {{utf8(key), value}};
  return {{utf8(key.left(dot)), recipe_patch(key.mid(dot + 1), value)}};
}

RecipeForm::RecipeForm(DraftSession* draft, QWidget* parent)
    : QWidget(parent), draft_(draft), form_(new QFormLayout(this)) {
  form_->setContentsMargins(0, 0, 0, 0);
  form_->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  form_->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
  form_->setHorizontalSpacing(8);
  form_->setVerticalSpacing(6);
  connect(draft, &DraftSession::draft_changed, this, &RecipeForm::refresh);
  connect(draft, &DraftSession::presets_changed, this, &RecipeForm::refresh);
  connect(draft, &DraftSession::opened, this, &RecipeForm::refresh);
}

api::Json RecipeForm::value(const QString& key) const {
  return recipe_value(draft_->recipe(), key);
}

bool RecipeForm::is_changed(const QString& key) const {
  return !recipe_value(draft_->draft().changes, key).is_null();
}

void RecipeForm::write(const QString& key, const api::Json& value) {
  if (!refreshing_) draft_->change_from_goal(recipe_patch(key, value));
}

QLabel* RecipeForm::add_title(const QString& text) {
  QLabel* label = make_heading(text, this);
  if (form_->rowCount() > 0) label->setContentsMargins(0, 8, 0, 0);
  form_->addRow(label);
  return label;
}

void RecipeForm::add_row(const QString& key, const QString& label, QWidget* field, const QString& tip) {
  describe(field, key, label, tip);
  auto* name = new QLabel(label, this);
  name->setBuddy(field);
  name->setToolTip(tip);
  name->setMinimumSize(label_width, field->sizeHint().height());
  field->setFixedWidth(field_width);
  form_->addRow(name, field);
  rows_ << Row{key, name};
}

void RecipeForm::set_row_visible(QWidget* field, bool visible) {
  form_->setRowVisible(field, visible);
}

QSpinBox* RecipeForm::add_number(const QString& key, const QString& label, const QString& tip, int low, int high) {
  auto* spin = new QSpinBox(this);
  spin->setRange(low, high);
  spin->setKeyboardTracking(false);
  add_row(key, label, spin, tip);
  connect(spin, &QSpinBox::valueChanged, this, [this, key](int number) { write(key, number); });
  refreshers_.push_back([this, spin, key] {
    api::Json now = value(key);
    if (now.is_array() && !now.empty()) now = api::Json(now.front());  // a resolution by its two sides
    spin->setValue(now.is_number() ? now.get<int>() : spin->minimum());
  });
  return spin;
}

QLineEdit* RecipeForm::add_real(const QString& key, const QString& label, const QString& tip, double low, double high) {
  auto* field = new QLineEdit(this);
  add_row(key, label, field, tip);
  connect(field, &QLineEdit::editingFinished, this, [this, field, key, low, high] {
    bool is_number = false;
    double number = field->text().trimmed().toDouble(&is_number);
    if (!is_number) number = QLocale().toDouble(field->text().trimmed(), &is_number);
    const api::Json now = value(key);
    if (is_number && !(now.is_number() && number_text(now.get<double>()) == number_text(number)))
      write(key, std::clamp(number, low, high));
    refresh();  // what is no number goes
  });
  refreshers_.push_back([this, field, key] {
    if (field->hasFocus() && field->isModified()) return;
    const api::Json now = value(key);
    field->setText(now.is_number() ? number_text(now.get<double>()) : QString());
  });
  return field;
}

QLineEdit* RecipeForm::add_optional_real(const QString& key, const QString& label, const QString& tip, double low,
                                         double high) {
  QLineEdit* field = add_real(key, label, tip, low, high);
  connect(field, &QLineEdit::textEdited, this, [this, key](const QString& text) {
    if (text.trimmed().isEmpty() && value(key).is_number()) write(key, nullptr);
  });
  return field;
}

QLineEdit* RecipeForm::add_text(const QString& key, const QString& label, const QString& tip,
                                const std::function<void(const QString&)>& write) {
  auto* field = new QLineEdit(this);
  add_row(key, label, field, tip);
  connect(field, &QLineEdit::textEdited, this, [this, key, write](const QString& text) {
    if (write)
      write(text);
    else
      this->write(key, utf8(text));
  });
  refreshers_.push_back([this, field, key] {
    const api::Json now = value(key);
    const QString text = now.is_string() ? qt(now.get<std::string>()) : QString();
    // What is being typed stays as it is, spaces at its end too.
    if (field->text().trimmed() != text.trimmed() || !field->hasFocus()) field->setText(text);
  });
  return field;
}

QCheckBox* RecipeForm::add_flag(const QString& key, const QString& label, const QString& tip) {
  auto* box = new QCheckBox(label, this);
  describe(box, key, label, tip);
  form_->addRow(QString(), box);
  connect(box, &QCheckBox::toggled, this, [this, key](bool on) { write(key, on); });
  refreshers_.push_back([this, box, key] {
    const api::Json now = value(key);
    box->setChecked(now.is_boolean() && now.get<bool>());
  });
  return box;
}

QComboBox* RecipeForm::add_choice(const QString& key, const QString& label, const QString& tip,
                                  const QList<FieldChoice>& choices) {
  auto* box = new QComboBox(this);
  add_row(key, label, box, tip);
  set_choices(box, choices);
  connect(box, &QComboBox::activated, this,
          [this, box, key](int at) { write(key, utf8(box->itemData(at).toString())); });
  refreshers_.push_back([this, box, key] {
    const api::Json now = value(key);
    const QString name = now.is_string() ? qt(now.get<std::string>()) : QString();
    if (box->findData(name) < 0 && !name.isEmpty()) box->addItem(name, name);
    box->setCurrentIndex(box->findData(name));
  });
  return box;
}

void RecipeForm::set_choices(QComboBox* box, const QList<FieldChoice>& choices) {
  const QSignalBlocker quiet(box);
  const QString now = box->currentData().toString();
  box->clear();
  for (const FieldChoice& choice : choices) box->addItem(choice.title, choice.name);
  box->setCurrentIndex(box->findData(now));
}

QPlainTextEdit* RecipeForm::add_lines(const QString& key, const QString& label, const QString& tip) {
  auto* field = new QPlainTextEdit(this);
  field->setTabChangesFocus(true);
  field->setFixedHeight(72);
  add_row(key, label, field, tip);
  field->setFixedWidth(field_width * 2);
  connect(field, &QPlainTextEdit::textChanged, this, [this, field, key] {
    api::Json lines = api::Json::array();
    for (const QString& line : field->toPlainText().split(QLatin1Char('\n'), Qt::SkipEmptyParts))
      lines.push_back(utf8(line.trimmed()));
    write(key, lines);
  });
  refreshers_.push_back([this, field, key] {
    if (field->hasFocus()) return;
    QStringList lines;
    for (const api::Json& line : value(key))
      if (line.is_string()) lines << qt(line.get<std::string>());
    field->setPlainText(lines.join(QLatin1Char('\n')));
  });
  return field;
}

void RecipeForm::refresh() {
  if (refreshing_) return;
  refreshing_ = true;
  for (const auto& refresher : refreshers_) refresher();
  for (const Row& row : rows_)  // what differs from the goal stands out
    row.label->setFont(ui::text_font(ui::TextSize::body, is_changed(row.key) ? QFont::DemiBold : QFont::Normal));
  refreshing_ = false;
}

}  // namespace diptych::finetune
