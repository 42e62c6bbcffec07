#include "ui/panels/settings/settings_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>

#include "ui/client/host_link.h"
#include "ui/client/text.h"
#include "ui/panels/settings/host_settings.h"
#include "ui/preferences/paths.h"
#include "ui/preferences/preferences.h"
#include "ui/theme/style.h"
#include "ui/theme/typography.h"
#include "ui/widgets/elided_label.h"

namespace diptych::ui {
namespace {

constexpr int page_width = 640;
constexpr int label_width = 200;

QComboBox* make_choice(const QList<std::pair<QString, QVariant>>& choices, QWidget* parent) {
  auto* box = new QComboBox(parent);
  for (const auto& [text, value] : choices) box->addItem(text, value);
  box->setMinimumWidth(200);
  return box;
}

// A value that the list does not offer was set elsewhere: it is shown as it is.
void show_choice(QComboBox* box, const QVariant& value, const QString& otherwise) {
  const QSignalBlocker quiet(box);
  int index = box->findData(value);
  if (index < 0) {
    box->addItem(otherwise, value);
    index = box->count() - 1;
  }
  box->setCurrentIndex(index);
}

}  // namespace

SettingsPage::SettingsPage(Preferences* preferences, HostLink* link, HostSettingsClient* host, QWidget* parent)
    : QScrollArea(parent), preferences_(preferences), link_(link), host_(host), page_(new QWidget(this)) {
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Settings"));
  setFocusPolicy(Qt::NoFocus);
  auto* row = new QHBoxLayout(page_);
  row->setContentsMargins(3 * grid, 2 * grid, 3 * grid, 3 * grid);
  auto* inner = new QWidget(page_);
  inner->setMaximumWidth(page_width);
  row->addStretch(1);
  row->addWidget(inner, 10000);
  row->addStretch(1);
  column_ = new QVBoxLayout(inner);
  column_->setContentsMargins(0, 0, 0, 0);
  column_->setSpacing(grid);
  auto* title = new QLabel(tr("Settings"), inner);
  title->setFont(text_font(TextSize::title, QFont::DemiBold));
  column_->addWidget(title);
  build_window();
  build_engine();
  build_about();
  column_->addStretch(1);
  setWidget(page_);
  connect(preferences_, &Preferences::changed, this, &SettingsPage::refresh);
  connect(host_, &HostSettingsClient::changed, this, &SettingsPage::refresh);
  refresh();
}

void SettingsPage::focusInEvent(QFocusEvent*) {
  focusNextChild();
}

QFormLayout* SettingsPage::add_section(const QString& title, const QString& text) {
  auto* heading = new QLabel(title, page_);
  heading->setFont(text_font(TextSize::reading, QFont::DemiBold));
  heading->setContentsMargins(0, 2 * grid, 0, 0);
  column_->addWidget(heading);
  if (!text.isEmpty()) {
    auto* words = new QLabel(text, page_);
    words->setWordWrap(true);
    words->setForegroundRole(QPalette::PlaceholderText);
    column_->addWidget(words);
  }
  auto* form = new QFormLayout;
  form->setHorizontalSpacing(2 * grid);
  form->setVerticalSpacing(grid);
  form->setRowWrapPolicy(QFormLayout::DontWrapRows);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  column_->addLayout(form);
  return form;
}

void SettingsPage::add_row(QFormLayout* form, const QString& label, QWidget* field, const QString& help) {
  auto* name = new QLabel(label, page_);
  name->setBuddy(field);
  name->setFixedWidth(label_width);
  name->setMinimumHeight(field->sizeHint().height());
  field->setAccessibleName(label);
  field->setToolTip(help);
  form->addRow(name, field);
}

void SettingsPage::build_window() {
  QFormLayout* form = add_section(tr("Window"), {});
  QComboBox* theme = make_choice({{tr("As the system"), QStringLiteral("system")},
                                  {tr("Light"), QStringLiteral("light")},
                                  {tr("Dark"), QStringLiteral("dark")}},
                                 page_);
  add_row(form, tr("Theme"), theme, tr("Light or dark; as the system follows it while it changes"));
  connect(theme, &QComboBox::activated, this,
          [this, theme] { preferences_->set_theme(theme->currentData().toString()); });
  QComboBox* enter = make_choice(
      {{tr("Sends; Shift+Enter breaks the line"), true}, {tr("Breaks the line; Shift+Enter sends"), false}}, page_);
  add_row(form, tr("Enter in a message"), enter, tr("Ctrl+Enter always sends"));
  connect(enter, &QComboBox::activated, this,
          [this, enter] { preferences_->set_enter_sends(enter->currentData().toBool()); });
  refreshers_.push_back([this, theme, enter] {
    show_choice(theme, preferences_->theme(), {});
    show_choice(enter, preferences_->enter_sends(), {});
  });
}

void SettingsPage::build_engine() {
  QFormLayout* form =
      add_section(tr("Engine"), tr("These hold for every window and command that uses this computer's engine."));
  QComboBox* keep = make_choice({{tr("Never by itself"), 0},
                                 {tr("After 5 minutes without use"), 300},
                                 {tr("After 30 minutes without use"), 1800},
                                 {tr("After 2 hours without use"), 7200}},
                                page_);
  add_row(form, tr("Unload a model"), keep,
          tr("When a loaded model gives its memory back; each can have its own time"));
  connect(keep, &QComboBox::activated, this, [this, keep] {
    host_->change([keep](api::HostSettings& settings) { settings.keep_alive_s = keep->currentData().toInt(); });
  });
  auto* context = new QSpinBox(page_);
  context->setRange(0, 1 << 20);
  context->setSingleStep(1024);
  context->setSpecialValueText(tr("The model's own, at most 8192"));
  context->setSuffix(tr(" tokens"));
  context->setKeyboardTracking(false);
  add_row(form, tr("Context of a new load"), context, tr("A longer context remembers more and takes more memory"));
  connect(context, &QSpinBox::valueChanged, this, [this](int tokens) {
    if (!refreshing_) host_->change([tokens](api::HostSettings& settings) { settings.context_tokens = tokens; });
  });
  QComboBox* kv = make_choice({{tr("16 bits"), QStringLiteral("f16")}, {tr("32 bits"), QStringLiteral("f32")}}, page_);
  add_row(form, tr("KV cache"), kv, tr("What the model remembers of a conversation; 32 bits take twice the memory"));
  connect(kv, &QComboBox::activated, this, [this, kv] {
    host_->change([kv](api::HostSettings& settings) { settings.kv = utf8(kv->currentData().toString()); });
  });
  auto* watts = new QDoubleSpinBox(page_);
  watts->setRange(0, 10000);
  watts->setDecimals(0);
  watts->setSuffix(tr(" W"));
  watts->setSpecialValueText(tr("Not given"));
  watts->setKeyboardTracking(false);
  add_row(form, tr("Power under load"), watts,
          tr("What this computer draws while it generates, as a meter shows it. Used for joules per token where no "
             "counter is readable, and then marked as estimated"));
  connect(watts, &QDoubleSpinBox::valueChanged, this, [this](double value) {
    if (refreshing_) return;
    host_->change([value](api::HostSettings& settings) {
      settings.watts = value > 0 ? std::optional<double>(value) : std::nullopt;
    });
  });
  auto* titles = new QCheckBox(tr("Name conversations after their first answer"), page_);
  add_row(form, tr("Titles"), titles, tr("The model that answers writes the title"));
  connect(titles, &QCheckBox::toggled, this, [this](bool on) {
    if (!refreshing_) host_->change([on](api::HostSettings& settings) { settings.automatic_titles = on; });
  });
  refreshers_.push_back([this, keep, context, kv, watts, titles] {
    for (QWidget* field : QList<QWidget*>{keep, context, kv, watts, titles}) field->setEnabled(host_->known());
    const api::HostSettings& settings = host_->settings();
    show_choice(keep, settings.keep_alive_s, tr("After %1 s without use").arg(settings.keep_alive_s));
    context->setValue(settings.context_tokens);
    show_choice(kv, qt(settings.kv), qt(settings.kv));
    watts->setValue(settings.watts.value_or(0));
    titles->setChecked(settings.automatic_titles);
  });
}

void SettingsPage::add_folder(QFormLayout* form, const QString& label, const QString& path) {
  auto* row = new QWidget(page_);
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  auto* text = new ElidedLabel(path, row);
  text->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* open = new QPushButton(tr("Open"), row);
  open->setAccessibleName(tr("Open the folder: %1").arg(label));
  layout->addWidget(text, 1);
  layout->addWidget(open);
  connect(open, &QPushButton::clicked, this, [this, path] { emit open_folder(path); });
  auto* name = new QLabel(label, page_);
  name->setFixedWidth(label_width);
  name->setMinimumHeight(open->sizeHint().height());
  form->addRow(name, row);
}

void SettingsPage::build_about() {
  QFormLayout* folders = add_section(tr("Folders"), {});
  add_folder(folders, tr("Conversations"), data_dir());
  add_folder(folders, tr("Models"), models_dir());
  add_folder(folders, tr("Settings of this window"), config_dir());
  QFormLayout* form = add_section(tr("About"), {});
  auto* engine = new QLabel(page_);
  engine->setWordWrap(true);
  auto* name = new QLabel(tr("Engine"), page_);
  name->setFixedWidth(label_width);
  form->addRow(name, engine);
  refreshers_.push_back([this, engine] {
    const api::VersionInfo& version = link_->version();
    engine->setText(link_->state() == HostLink::State::ready ? tr("Diptych %1, protocol %2, process %3, %4")
                                                                   .arg(qt(version.version), qt(version.protocol))
                                                                   .arg(version.pid)
                                                                   .arg(link_->http()->url().toString())
                    : link_->reason().isEmpty() ? tr("It is starting…")
                                                : link_->reason());
  });
}

void SettingsPage::refresh() {
  refreshing_ = true;
  for (const auto& one : refreshers_) one();
  refreshing_ = false;
}

}  // namespace diptych::ui
