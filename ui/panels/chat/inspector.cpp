#include "ui/panels/chat/inspector.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/panels/chat/adapters_box.h"
#include "ui/theme/typography.h"
#include "ui/widgets/card.h"

namespace diptych::chat {
namespace {

constexpr int system_prompt_lines = 5;

// Stop strings are written separated by spaces; \n, \t and \s stand for what cannot be seen.
QString written(const QStringList& stops) {
  QStringList parts;
  for (QString stop : stops) {
    stop.replace(QLatin1String("\\"), QLatin1String("\\\\")).replace(QLatin1Char('\n'), QLatin1String("\\n"));
    parts << stop.replace(QLatin1Char('\t'), QLatin1String("\\t")).replace(QLatin1Char(' '), QLatin1String("\\s"));
  }
  return parts.join(QLatin1Char(' '));
}

// A form puts a label a little above the middle of a taller field; as tall as the field, it stands in its middle.
void add_row(QFormLayout* form, const QString& text, QWidget* field) {
  auto* label = new QLabel(text, field->parentWidget());
  label->setBuddy(field);
  label->setMinimumHeight(field->sizeHint().height());
  // As wide as the longest, so that the fields of all sections stand below each other.
  label->setMinimumWidth(
      label->fontMetrics().horizontalAdvance(QCoreApplication::translate("diptych::chat::Inspector", "Temperature")) +
      4);
  form->addRow(label, field);
}

QStringList read_stops(const QString& text) {
  QStringList stops;
  for (const QString& part : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
    QString stop;
    for (qsizetype i = 0; i < part.size(); ++i) {
      if (part[i] != QLatin1Char('\\') || i + 1 == part.size()) {
        stop += part[i];
        continue;
      }
      const QChar next = part[++i];
      stop += next == QLatin1Char('n')   ? QLatin1Char('\n')
              : next == QLatin1Char('t') ? QLatin1Char('\t')
              : next == QLatin1Char('s') ? QLatin1Char(' ')
                                         : next;
    }
    stops << stop;
  }
  return stops;
}

}  // namespace

Inspector::Inspector(QWidget* parent)
    : QScrollArea(parent),
      page_(new QWidget(this)),
      system_prompt_(new QPlainTextEdit(page_)),
      adapters_(new AdaptersBox(page_)),
      preset_(new QComboBox(page_)),
      random_seed_(new QCheckBox(tr("Another one each time"), page_)),
      seed_(new QLineEdit(page_)),
      stop_(new QLineEdit(page_)),
      policy_(new QComboBox(page_)) {
  setObjectName(QStringLiteral("inspector"));
  page_->setBackgroundRole(QPalette::Base);
  page_->setAutoFillBackground(true);
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Settings of this conversation"));
  auto* layout = new QVBoxLayout(page_);
  layout->setContentsMargins(16, 8, 16, 16);
  layout->setSpacing(8);

  QFormLayout* prompt = add_section(tr("System prompt"));
  system_prompt_->setPlaceholderText(tr("What the model should know before every question, for example its role"));
  system_prompt_->setAccessibleName(tr("System prompt"));
  system_prompt_->setObjectName(QStringLiteral("systemPrompt"));
  system_prompt_->setTabChangesFocus(true);
  system_prompt_->setFixedHeight(system_prompt_lines * fontMetrics().lineSpacing() + 8);
  system_prompt_->setFrameShape(QFrame::NoFrame);
  auto* card = new ui::Card(ui::Card::Ground::surface, page_);
  auto* inside = new QVBoxLayout(card);
  inside->setContentsMargins(8, 6, 4, 6);
  inside->addWidget(system_prompt_);
  prompt->addRow(card);
  connect(system_prompt_, &QPlainTextEdit::textChanged, this, [this] {
    change([this](ChatSettings& settings) { settings.system_prompt = system_prompt_->toPlainText(); });
  });
  layout->addWidget(adapters_);
  connect(adapters_, &AdaptersBox::changed, this, [this](const QList<ChatAdapter>& adapters) {
    change([&](ChatSettings& settings) { settings.adapters = adapters; });
  });
  build_sampling();
  build_limits();
  auto* reset = new QPushButton(tr("Reset to default"), page_);
  reset->setObjectName(QStringLiteral("resetSettings"));
  connect(reset, &QPushButton::clicked, this, [this] {
    change([](ChatSettings& settings) {
      const ChatSettings before = settings;
      settings = {};
      settings.system_prompt = before.system_prompt;  // not a setting to lose
      settings.adapters = before.adapters;
    });
    refresh();
  });
  layout->addWidget(reset, 0, Qt::AlignLeft);
  layout->addStretch(1);
  for (QComboBox* box : page_->findChildren<QComboBox*>()) {
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);  // long choices may not widen the page
    box->setMinimumContentsLength(8);
  }
  setWidget(page_);
  refresh();
}

QFormLayout* Inspector::add_section(const QString& title) {
  auto* layout = static_cast<QVBoxLayout*>(page_->layout());
  auto* label = new QLabel(title, page_);
  label->setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
  layout->addSpacing(layout->count() > 0 ? 8 : 0);
  layout->addWidget(label);
  auto* form = new QFormLayout;
  form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->setRowWrapPolicy(QFormLayout::DontWrapRows);
  form->setHorizontalSpacing(12);
  form->setVerticalSpacing(6);
  layout->addLayout(form);
  return form;
}

void Inspector::add_number(QFormLayout* form, const QString& label, const QString& tip, double ChatSettings::*field,
                           double low, double high, double step) {
  auto* spin = new QDoubleSpinBox(page_);
  spin->setRange(low, high);
  spin->setSingleStep(step);
  spin->setDecimals(2);
  spin->setToolTip(tip);
  spin->setWhatsThis(tip);
  spin->setAccessibleName(label);
  spin->setAccessibleDescription(tip);
  add_row(form, label, spin);
  connect(spin, &QDoubleSpinBox::valueChanged, this,
          [this, field](double value) { change([&](ChatSettings& settings) { settings.*field = value; }); });
  refreshers_.emplace_back([this, spin, field] { spin->setValue(settings_.*field); });
}

void Inspector::add_number(QFormLayout* form, const QString& label, const QString& tip, int ChatSettings::*field,
                           int high, const QString& zero) {
  auto* spin = new QSpinBox(page_);
  spin->setRange(0, high);
  spin->setSpecialValueText(zero);
  spin->setGroupSeparatorShown(true);
  spin->setToolTip(tip);
  spin->setWhatsThis(tip);
  spin->setAccessibleName(label);
  spin->setAccessibleDescription(tip);
  add_row(form, label, spin);
  connect(spin, &QSpinBox::valueChanged, this,
          [this, field](int value) { change([&](ChatSettings& settings) { settings.*field = value; }); });
  refreshers_.emplace_back([this, spin, field] { spin->setValue(settings_.*field); });
}

void Inspector::build_sampling() {
  QFormLayout* form = add_section(tr("Sampling"));
  preset_->setAccessibleName(tr("Preset"));
  preset_->setObjectName(QStringLiteral("preset"));
  for (const Preset& preset : sampling_presets()) preset_->addItem(preset.name);
  preset_->addItem(tr("Custom"));
  add_row(form, tr("Preset"), preset_);
  connect(preset_, &QComboBox::activated, this, [this](int index) {
    const QList<Preset> presets = sampling_presets();
    if (index < 0 || index >= presets.size()) return;
    change([&](ChatSettings& settings) { settings = with_sampling(settings, presets[index].settings); });
    refresh();
  });
  add_number(form, tr("Temperature"), tr("How freely tokens are chosen; 0 always takes the likeliest"),
             &ChatSettings::temperature, 0, 5, 0.05);
  add_number(form, tr("Top-k"), tr("Chooses among this many likeliest tokens"), &ChatSettings::top_k, 1000, tr("Off"));
  add_number(form, tr("Top-p"), tr("Chooses among the likeliest tokens that add up to this probability; 1 is off"),
             &ChatSettings::top_p, 0, 1, 0.01);
  add_number(form, tr("Min-p"), tr("Drops tokens less likely than this share of the likeliest; 0 is off"),
             &ChatSettings::min_p, 0, 1, 0.01);
  add_number(form, tr("Typical"), tr("Prefers tokens about as surprising as expected; 1 is off"),
             &ChatSettings::typical_p, 0, 1, 0.01);
  add_number(form, tr("Repetition"), tr("Makes tokens that have occurred less likely; 1 is off"),
             &ChatSettings::repeat_penalty, 0.5, 2, 0.01);
  add_number(form, tr("Presence"), tr("Takes this off the score of every token that has occurred"),
             &ChatSettings::presence_penalty, -2, 2, 0.05);
  add_number(form, tr("Frequency"), tr("Takes this off the score of a token for each time it has occurred"),
             &ChatSettings::frequency_penalty, -2, 2, 0.05);
  add_seed(form);
}

void Inspector::add_seed(QFormLayout* form) {
  random_seed_->setAccessibleName(tr("Another seed each time"));
  seed_->setAccessibleName(tr("Seed"));
  seed_->setToolTip(tr("The same seed, settings and messages give the same answer"));
  seed_->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{1,15}")), seed_));
  add_row(form, tr("Seed"), seed_);
  form->addRow(QString(), random_seed_);
  connect(random_seed_, &QCheckBox::toggled, this, [this](bool random) {
    seed_->setEnabled(!random);
    change([&](ChatSettings& settings) {
      settings.seed = random ? std::nullopt : std::optional<qint64>(seed_->text().toLongLong());
    });
  });
  connect(seed_, &QLineEdit::textEdited, this,
          [this](const QString& text) { change([&](ChatSettings& settings) { settings.seed = text.toLongLong(); }); });
  refreshers_.emplace_back([this] {
    random_seed_->setChecked(!settings_.seed);
    seed_->setEnabled(settings_.seed.has_value());
    if (settings_.seed) seed_->setText(QString::number(*settings_.seed));
  });
}

void Inspector::build_limits() {
  QFormLayout* form = add_section(tr("Length"));
  add_number(form, tr("Most tokens"), tr("The answer ends after this many tokens"), &ChatSettings::max_tokens, 1000000,
             tr("As many as fit"));
  stop_->setAccessibleName(tr("Stop strings"));
  stop_->setToolTip(tr("The answer ends before any of these; separated by spaces, \\n is a line break, \\s a space"));
  stop_->setPlaceholderText(tr("None"));
  add_row(form, tr("Stop at"), stop_);
  connect(stop_, &QLineEdit::textEdited, this,
          [this](const QString& text) { change([&](ChatSettings& settings) { settings.stop = read_stops(text); }); });
  policy_->setAccessibleName(tr("When the context is full"));
  policy_->setToolTip(tr("Nothing is ever cut silently"));
  policy_->addItems({tr("Stop and say so"), tr("Drop the oldest turns"), tr("Summarise the oldest turns")});
  add_row(form, tr("Context full"), policy_);
  connect(policy_, &QComboBox::activated, this, [this](int index) {
    change([&](ChatSettings& settings) { settings.context_policy = static_cast<ContextPolicy>(index); });
  });
}

void Inspector::change(const std::function<void(ChatSettings&)>& change) {
  if (refreshing_) return;
  const ChatSettings before = settings_;
  change(settings_);
  if (settings_ == before) return;
  const QList<Preset> presets = sampling_presets();
  int match = static_cast<int>(presets.size());
  for (int i = 0; i < presets.size(); ++i)
    if (with_sampling(settings_, presets[i].settings) == settings_) match = i;
  preset_->setCurrentIndex(match);
  emit settings_changed(settings_);
}

void Inspector::set_settings(const ChatSettings& settings) {
  settings_ = settings;
  refresh();
}

void Inspector::refresh() {
  refreshing_ = true;
  if (system_prompt_->toPlainText() != settings_.system_prompt) system_prompt_->setPlainText(settings_.system_prompt);
  adapters_->set_adapters(settings_.adapters);
  for (const auto& refresher : refreshers_) refresher();
  stop_->setText(written(settings_.stop));
  policy_->setCurrentIndex(static_cast<int>(settings_.context_policy));
  const QList<Preset> presets = sampling_presets();
  int match = static_cast<int>(presets.size());
  for (int i = 0; i < presets.size(); ++i)
    if (with_sampling(settings_, presets[i].settings) == settings_) match = i;
  preset_->setCurrentIndex(match);
  refreshing_ = false;
}

}  // namespace diptych::chat
