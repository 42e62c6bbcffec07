#include "ui/panels/create/create_panel.h"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QMenu>

#include "ui/client/text.h"
#include "ui/panels/create/advanced_section.h"
#include "ui/panels/create/create_actions.h"
#include "ui/panels/create/create_content.h"
#include "ui/panels/create/gallery_pane.h"
#include "ui/panels/create/generate_bar.h"
#include "ui/panels/create/image_canvas.h"
#include "ui/panels/create/input_section.h"
#include "ui/panels/create/parameters_pane.h"
#include "ui/panels/create/picture_files.h"
#include "ui/panels/create/plot_dialog.h"
#include "ui/panels/create/prompt_editor.h"
#include "ui/panels/create/prompt_section.h"
#include "ui/panels/create/queue_popup.h"
#include "ui/panels/create/upscale_dialog.h"
#include "ui/preferences/preferences.h"

namespace diptych::create {
namespace {

const QString settings_key = QStringLiteral("create/settings");
const QString advanced_key = QStringLiteral("create/advanced");
constexpr int keep_pause_ms = 400;
constexpr int listed_missing = 4;  // a notice has one line or two

// A number that is being typed counts, though its field has not been left yet.
void take_typed_number() {
  if (auto* field = qobject_cast<QAbstractSpinBox*>(QApplication::focusWidget())) field->interpretText();
}

}  // namespace

QString restored_text(const api::RestoredSettings& restored) {
  const QString program = restored.program.empty() ? CreatePanel::tr("the picture") : ui::qt(restored.program);
  QString text = CreatePanel::tr("Settings restored from %1").arg(program);
  if (restored.restored.empty()) text = CreatePanel::tr("The picture holds no settings that can be restored");
  QStringList missing;
  for (const api::Unrestored& one : restored.missing) {
    QString part = ui::qt(one.name);
    if (!one.value.empty()) part += QStringLiteral(" “%1”").arg(ui::qt(one.value).left(60));
    if (!one.why.empty()) part += QStringLiteral(" (%1)").arg(ui::qt(one.why));
    missing << part;
  }
  if (missing.size() > listed_missing) {
    const auto more = missing.size() - listed_missing;
    missing = missing.mid(0, listed_missing) << CreatePanel::tr("%1 more").arg(more);
  }
  if (!missing.isEmpty()) text += CreatePanel::tr(". Not restored: %1").arg(missing.join(QStringLiteral(", ")));
  if (restored.workflow) text += CreatePanel::tr(". Its ComfyUI workflow is kept with the recipe");
  return text;
}

CreatePanel::CreatePanel(CreateService* service, ui::Preferences* preferences, QObject* parent)
    : Panel(parent),
      preferences_(preferences),
      controller_(service),
      actions_(new CreateActions(this)),
      pane_(new GalleryPane(controller_.gallery())),
      content_(new CreateContent(&controller_, actions_)),
      parameters_(new ParametersPane(&controller_)),
      queue_(new QueuePopup(&controller_, content_)),
      files_(new PictureFiles(&controller_, content_, this)) {
  connect_actions();
  connect_widgets();
  controller_.store()->restore(preferences_->state(settings_key).toByteArray());
  parameters_->advanced()->set_open(preferences_->state(advanced_key, false).toBool());
  keep_timer_.setSingleShot(true);
  keep_timer_.setInterval(keep_pause_ms);
  connect(&keep_timer_, &QTimer::timeout, this, &CreatePanel::keep_settings);
  connect(controller_.store(), &SettingsStore::changed, &keep_timer_, qOverload<>(&QTimer::start));
  connect(parameters_->advanced(), &AdvancedSection::toggled, this,
          [this](bool open) { preferences_->set_state(advanced_key, open); });
  controller_.start();
  // Back from the file manager, perhaps.
  connect(qApp, &QGuiApplication::applicationStateChanged, this, [this](Qt::ApplicationState state) {
    if (state == Qt::ApplicationActive && content_ && content_->isVisible()) controller_.look_again();
  });
}

CreatePanel::~CreatePanel() {
  if (keep_timer_.isActive()) keep_settings();
  for (QWidget* widget : QList<QWidget*>{pane_, content_, parameters_})
    if (widget && !widget->parent()) delete widget;
}

QWidget* CreatePanel::list() {
  return pane_;
}
QWidget* CreatePanel::content() {
  return content_;
}
QWidget* CreatePanel::inspector() {
  return parameters_;
}
CreateContent* CreatePanel::canvas_page() const {
  return content_;
}
GalleryPane* CreatePanel::gallery() const {
  return pane_;
}
ParametersPane* CreatePanel::parameters() const {
  return parameters_;
}
QList<QAction*> CreatePanel::actions() {
  return actions_->all();
}

void CreatePanel::keep_settings() {
  preferences_->set_state(settings_key, controller_.store()->save());
}

void CreatePanel::connect_actions() {
  const auto with_shown = [this](QAction* action, auto run) {
    connect(action, &QAction::triggered, this, [this, run] { run(controller_.shown()); });
  };
  connect(actions_->generate, &QAction::triggered, this, [this] {
    take_typed_number();
    controller_.generate();
  });
  connect(actions_->cancel, &QAction::triggered, &controller_, &CreateController::cancel_running);
  connect(actions_->paste, &QAction::triggered, files_, &PictureFiles::paste);
  connect(actions_->open_input, &QAction::triggered, files_, &PictureFiles::open_input);
  connect(actions_->plot, &QAction::triggered, this, &CreatePanel::open_plot);
  connect(actions_->queue, &QAction::triggered, this, &CreatePanel::open_queue);
  connect(actions_->focus_prompt, &QAction::triggered, this, [this] { parameters_->prompts()->prompt()->setFocus(); });
  with_shown(actions_->show_plot, [this](const QString& id) { show_plot(id); });
  with_shown(actions_->use_as_input, [this](const QString& id) { controller_.use_as_input(id); });
  with_shown(actions_->upscale, [this](const QString& id) {
    if (content_->painting())
      open_upscale_of_input();
    else
      open_upscale(id);
  });
  with_shown(actions_->favourite, [this](const QString& id) { controller_.toggle_favourite(id); });
  with_shown(actions_->copy, [this](const QString& id) { files_->copy(id); });
  with_shown(actions_->save_as, [this](const QString& id) { files_->save_as(id); });
  with_shown(actions_->reveal, [this](const QString& id) { files_->reveal(id); });
  with_shown(actions_->reuse_seed, [this](const QString& id) { controller_.reuse_seed(id); });
  with_shown(actions_->reuse_settings, [this](const QString& id) { controller_.reuse_settings(id); });
  with_shown(actions_->remove, [this](const QString& id) { controller_.remove_image(id); });
}

void CreatePanel::connect_widgets() {
  connect(pane_, &GalleryPane::activated, &controller_, &CreateController::show_image);
  connect(pane_, &GalleryPane::remove_requested, &controller_, &CreateController::remove_image);
  connect(pane_, &GalleryPane::favourite_requested, &controller_, &CreateController::toggle_favourite);
  connect(pane_, &GalleryPane::menu_requested, this, &CreatePanel::show_menu);
  connect(&controller_, &CreateController::picture_changed, pane_, [this] {
    if (pane_->current() != controller_.shown()) pane_->set_current(controller_.shown());
  });
  connect(&controller_, &CreateController::undo_offered, this, &Panel::undo_offered);
  connect(&controller_, &CreateController::noticed, this, &Panel::notice);
  connect(files_, &PictureFiles::noticed, this, &Panel::notice);
  connect(&controller_, &CreateController::restored, this, &CreatePanel::tell_restored);
  connect(content_, &CreateContent::models_requested, this, &CreatePanel::models_requested);
  connect(parameters_->generate_bar(), &GenerateBar::queue_requested, this, &CreatePanel::open_queue);
  connect(parameters_->input(), &InputSection::open_requested, files_, &PictureFiles::open_input);
  connect(parameters_->input(), &InputSection::paint_requested, this, [this] { content_->set_painting(true); });
}

void CreatePanel::tell_restored(const api::RestoredSettings& restored) {
  const bool all = restored.missing.empty() && !restored.restored.empty();
  emit notice({all ? ui::Notice::Level::info : ui::Notice::Level::warning, restored_text(restored), {}, {}});
}

void CreatePanel::show_menu(const QString& id, const QPoint& at) {
  auto* menu = new QMenu(pane_);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const auto add = [&](const QString& text, auto run) {
    QAction* action = menu->addAction(text);
    connect(action, &QAction::triggered, this, run);
    return action;
  };
  const api::ImageInfo* image = controller_.image(id);
  if (!image) return;
  QAction* compare = add(tr("Compare with the picture shown"), [this, id] { content_->compare_with(id); });
  compare->setEnabled(controller_.shown_info() && controller_.shown() != id);
  add(image->favourite ? tr("No favourite any more\tF") : tr("Favourite\tF"),
      [this, id] { controller_.toggle_favourite(id); });
  if (controller_.plot_of(id)) add(tr("Show the plot with its labels"), [this, id] { show_plot(id); });
  menu->addSeparator();
  add(tr("Use these settings again"), [this, id] { controller_.reuse_settings(id); });
  add(tr("Use this seed again"), [this, id] { controller_.reuse_seed(id); });
  add(tr("Use as input"), [this, id] { controller_.use_as_input(id); });
  add(tr("Upscale…"), [this, id] { open_upscale(id); });
  menu->addSeparator();
  add(tr("Copy the picture"), [this, id] { files_->copy(id); });
  add(tr("Save as…"), [this, id] { files_->save_as(id); });
  add(tr("Show in folder"), [this, id] { files_->reveal(id); })->setEnabled(controller_.service()->local());
  menu->addSeparator();
  add(tr("Delete\tDel"), [this, id] { controller_.remove_image(id); });
  menu->popup(at);
}

void CreatePanel::open_queue() {
  queue_->open_below(parameters_->isVisible() ? static_cast<QWidget*>(parameters_->generate_bar()) : content_);
}

void CreatePanel::open_plot() {
  take_typed_number();
  auto* dialog = new PlotDialog(&controller_, content_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->open();
}

void CreatePanel::open_upscale(const QString& id) {
  const api::ImageInfo* image = controller_.image(id);
  if (!image) return;
  const api::ImageSettings settings = image->settings;
  controller_.with_picture(id, [this, id, settings](const QImage& picture) {
    auto* dialog = new UpscaleDialog(&controller_, upscale_settings(&controller_, settings, id), picture, content_);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
  });
}

// A picture that was opened has no settings of its own: the panel's are taken.
void CreatePanel::open_upscale_of_input() {
  take_typed_number();
  controller_.input()->prepare([this] {
    const api::ImageSettings& settings = controller_.store()->settings();
    if (!settings.init) return;
    const QString id = ui::qt(settings.init->image);
    auto* dialog = new UpscaleDialog(&controller_, upscale_settings(&controller_, settings, id),
                                     controller_.input()->picture(), content_);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
  });
}

void CreatePanel::show_plot(const QString& id) {
  const auto plot = controller_.plot_of(id);
  if (!plot) return;
  auto* dialog = new PlotDialog(&controller_, content_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->show_plot(*plot);
  dialog->open();
}

void CreatePanel::create_new() {
  controller_.set_live();
  parameters_->prompts()->prompt()->setFocus();
  parameters_->prompts()->prompt()->selectAll();
}

void CreatePanel::find() {
  pane_->focus_search();
}

void CreatePanel::shown() {
  controller_.look_again();
  if (parameters_->isVisible())
    parameters_->prompts()->prompt()->setFocus();
  else
    content_->canvas()->setFocus();
}

// First what runs, then the mode that one is in.
bool CreatePanel::cancel() {
  if (controller_.busy()) {
    controller_.cancel_running();
    return true;
  }
  if (content_->painting()) {
    content_->set_painting(false);
    return true;
  }
  return false;
}

}  // namespace diptych::create
