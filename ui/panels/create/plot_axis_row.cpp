#include "ui/panels/create/plot_axis_row.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QToolButton>

#include "ui/client/text.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/plot_labels.h"
#include "ui/theme/icons.h"

namespace diptych::create {
namespace {

QStringList names_of(const std::vector<api::NamedChoice>& choices) {
  QStringList names;
  for (const api::NamedChoice& one : choices) names << ui::qt(one.name);
  return names;
}

}  // namespace

QList<PlotAxisRow::Field> PlotAxisRow::fields() const {
  const api::ImageModelInfo* model = controller_->store()->model();
  const api::ImageSettings& settings = controller_->store()->settings();
  QStringList models;
  for (const api::ModelInfo& one : controller_->models()) models << ui::qt(one.id);
  const auto field = [&](const QString& name, AxisKind kind, const QStringList& choices, const QString& hint) {
    return Field{name, plot_field_title(name, settings), kind, choices, hint};
  };
  QList<Field> list{
      {QString(), tr("Nothing"), AxisKind::text, {}, {}},
      field("steps", AxisKind::whole, {}, tr("10-30 (+10)")),
      field("guidance", AxisKind::real, {}, tr("4, 7.5, 11")),
      field("seed", AxisKind::whole, {}, tr("1-4")),
      field("prompt", AxisKind::text, {}, tr("cat, dog, \"a fox, running\"")),
      field("sampler", AxisKind::text, model ? names_of(model->samplers) : QStringList(), {}),
      field("schedule", AxisKind::text, model ? names_of(model->schedules) : QStringList(), {}),
      field("model", AxisKind::text, models, {}),
      field("vae", AxisKind::text, controller_->file_names(api::ImageFileKind::vae), {}),
      field("width", AxisKind::whole, {}, tr("512, 768")),
      field("height", AxisKind::whole, {}, tr("512, 768")),
      field("clip_skip", AxisKind::whole, {}, tr("1, 2")),
      field("guidance_rescale", AxisKind::real, {}, tr("0, 0.7")),
      field("pag_scale", AxisKind::real, {}, tr("0, 3")),
      field("quantize", AxisKind::text, {QStringLiteral("q8_0")}, tr("\"\", q8_0")),
      field("cache", AxisKind::text,
            {QStringLiteral("first-block"), QStringLiteral("teacache"), QStringLiteral("deepcache")},
            tr("first-block:0.05, first-block:0.1")),
  };
  if (model && model->flow_shift) list << field("flow_shift", AxisKind::real, {}, tr("1, 3, 6"));
  if (settings.init) list << field("init.strength", AxisKind::real, {}, tr("0.4-0.8 [3]"));
  if (settings.variation) list << field("variation.strength", AxisKind::real, {}, tr("0-0.3 [4]"));
  for (size_t i = 0; i < settings.adapters.size(); ++i)
    list << field(QStringLiteral("adapters[%1].scale").arg(i), AxisKind::real, {}, tr("0-1 [3]"));
  return list;
}

PlotAxisRow::PlotAxisRow(CreateController* controller, const QString& name, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      field_(new QComboBox(this)),
      values_(new QLineEdit(this)),
      choices_(new QToolButton(this)) {
  fields_ = fields();
  auto* label = new QLabel(name, this);
  label->setMinimumWidth(64);
  label->setBuddy(field_);
  field_->setAccessibleName(tr("%1: what changes").arg(name));
  field_->setMinimumWidth(180);
  values_->setAccessibleName(tr("%1: values").arg(name));
  values_->setMinimumWidth(220);
  for (const Field& field : fields_) field_->addItem(field.title, field.name);
  choices_->setIcon(ui::icon(QStringLiteral("plus")));
  choices_->setAutoRaise(true);
  choices_->setFixedSize(32, 32);
  choices_->setToolTip(tr("Add a value"));
  choices_->setAccessibleName(tr("%1: add a value").arg(name));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(label);
  row->addWidget(field_);
  row->addWidget(values_, 1);
  row->addWidget(choices_);
  const auto refresh = [this] {
    const Field& field = fields_[field_->currentIndex()];
    values_->setEnabled(used());
    values_->setPlaceholderText(field.hint);
    choices_->setEnabled(!field.choices.isEmpty());
    emit changed();
  };
  connect(field_, &QComboBox::currentIndexChanged, this, refresh);
  connect(values_, &QLineEdit::textChanged, this, &PlotAxisRow::changed);
  connect(choices_, &QToolButton::clicked, this, &PlotAxisRow::choose_value);
  refresh();
}

void PlotAxisRow::set(const QString& field, const QString& values) {
  field_->setCurrentIndex(std::max(0, field_->findData(field)));
  values_->setText(values);
}

void PlotAxisRow::focus_values() {
  values_->setFocus(Qt::OtherFocusReason);
}

bool PlotAxisRow::used() const {
  return field_->currentIndex() > 0;
}

std::optional<api::PlotAxis> PlotAxisRow::axis(QString* why) const {
  if (!used()) return std::nullopt;
  const Field& field = fields_[field_->currentIndex()];
  const auto values = read_axis_values(values_->text(), field.kind, why);
  if (!values) {
    *why = QStringLiteral("%1: %2").arg(field.title, *why);
    return std::nullopt;
  }
  return api::PlotAxis{ui::utf8(field.name), *values};
}

void PlotAxisRow::choose_value() {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const QStringList choices = fields_[field_->currentIndex()].choices;
  connect(menu->addAction(tr("All of them")), &QAction::triggered, this,
          [this, choices] { values_->setText(choices.join(QStringLiteral(", "))); });
  menu->addSeparator();
  for (const QString& choice : choices)
    connect(menu->addAction(choice), &QAction::triggered, this, [this, choice] {
      const QString before = values_->text().trimmed();
      values_->setText(before.isEmpty() ? choice : before + QStringLiteral(", ") + choice);
    });
  menu->popup(choices_->mapToGlobal(QPoint(0, choices_->height())));
}

}  // namespace diptych::create
