#include "ui/panels/create/create_content.h"

#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/client/text.h"
#include "ui/panels/create/canvas_bar.h"
#include "ui/panels/create/create_actions.h"
#include "ui/panels/create/drop_zones.h"
#include "ui/panels/create/image_canvas.h"
#include "ui/panels/create/mask_bar.h"
#include "ui/panels/create/status_lines.h"
#include "ui/widgets/empty_state.h"

namespace diptych::create {

CreateContent::CreateContent(CreateController* controller, CreateActions* actions, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      actions_(actions),
      bar_(new CanvasBar(actions, this)),
      canvas_(new ImageCanvas(this)),
      mask_bar_(new MaskBar(canvas_, controller->input()->mask(), this)),
      stack_(new QStackedWidget(this)),
      no_model_(new ui::EmptyState(QStringLiteral("create"), tr("No image model yet"), {}, this)),
      no_picture_(new ui::EmptyState(QStringLiteral("create"), tr("Nothing made yet"),
                                     tr("Write what the picture shows and press Generate, or Ctrl+Enter."), this)),
      missing_(new ui::EmptyState(QStringLiteral("create"), {}, {}, this)),
      zones_(nullptr) {
  setObjectName(QStringLiteral("createContent"));
  build();
  zones_ = new DropZones(this);
  connect(controller->missing(), &MissingModel::changed, this, [this] {
    show_missing();
    refresh();
  });
  connect(controller, &CreateController::picture_changed, this, &CreateContent::refresh);
  connect(controller, &CreateController::models_changed, this, &CreateContent::refresh);
  connect(controller, &CreateController::busy_changed, this, &CreateContent::refresh);
  connect(controller->store(), &SettingsStore::changed, this, &CreateContent::refresh);
  connect(controller->input(), &InputPicture::changed, this, [this] {
    if (painting_ && !controller_->input()->is_set()) set_painting(false);
    refresh();
  });
  connect(canvas_, &ImageCanvas::view_changed, this,
          [this] { bar_->set_scale(canvas_->picture().isNull() ? 0 : canvas_->view().scale()); });
  connect(canvas_, &ImageCanvas::margins_changed, this, [this](const QMargins& margins) {
    controller_->store()->change([&](api::ImageSettings& settings) {
      if (settings.init) settings.init->outpaint = {margins.left(), margins.top(), margins.right(), margins.bottom()};
    });
  });
  connect(mask_bar_, &MaskBar::done, this, [this] { set_painting(false); });
  connect(zones_, &DropZones::restore_dropped, controller, &CreateController::restore_from);
  connect(zones_, &DropZones::input_dropped, this, &CreateContent::take_input);
  connect(actions->fit, &QAction::triggered, canvas_, &ImageCanvas::fit);
  connect(actions->actual_size, &QAction::triggered, canvas_, &ImageCanvas::actual_size);
  connect(actions->mask, &QAction::triggered, this, &CreateContent::set_painting);
  connect(actions->compare, &QAction::triggered, this, [this](bool on) {
    if (on)
      compare_with(before_);
    else
      stop_comparing();
  });
  refresh();
}

void CreateContent::build() {
  no_model_->set_text(
      tr("No image model yet"),
      tr("Put a diffusers folder or a checkpoint into the models folder, or add a folder of models that "
         "you have. Everything stays on this computer."));
  QPushButton* models = no_model_->add_action(tr("Open the Models panel"));
  connect(models, &QPushButton::clicked, this, &CreateContent::models_requested);
  stack_->addWidget(canvas_);
  stack_->addWidget(no_picture_);
  stack_->addWidget(no_model_);
  stack_->addWidget(missing_);
  get_ = missing_->add_action({});
  get_->setObjectName(QStringLiteral("getMissing"));
  connect(get_, &QPushButton::clicked, this, [this] {
    MissingModel* missing = controller_->missing();
    missing->getting() ? missing->cancel() : missing->get();
  });
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(bar_);
  column->addWidget(mask_bar_);
  column->addWidget(stack_, 1);
  column->addWidget(new StatusLines(controller_, this));
  mask_bar_->hide();
}

void CreateContent::refresh() {
  const bool has_result = !controller_->picture().isNull();
  const bool no_models = controller_->models_known() && controller_->models().empty();
  const bool missing = controller_->missing()->needed() != nullptr;
  const bool anything = painting_ ? controller_->input()->is_set() : has_result;
  stack_->setCurrentIndex(anything ? 0 : no_models ? 2 : missing ? 3 : 1);
  const api::ImageInfo* shown = controller_->shown_info();
  actions_->set_picture(shown != nullptr && !painting_, shown && shown->favourite, controller_->service()->local(),
                        shown && controller_->plot_of(controller_->shown()).has_value());
  for (QAction* action : {actions_->fit, actions_->actual_size}) action->setEnabled(anything);
  if (painting_) actions_->upscale->setEnabled(true);  // the picture to start from, which is seen then
  if (controller_->shown() != last_) {
    if (!last_.isEmpty()) before_ = last_;
    last_ = controller_->shown();
  }
  actions_->compare->setEnabled(shown && !painting_ && !before_.isEmpty() && before_ != controller_->shown());
  actions_->compare->setChecked(canvas_->comparing());
  actions_->mask->setEnabled(controller_->input()->is_set() || shown);
  actions_->mask->setChecked(painting_);
  actions_->cancel->setEnabled(controller_->busy());
  actions_->generate->setEnabled(controller_->blocked().isEmpty());
  show_picture();
}

void CreateContent::show_missing() {
  const MissingModel* missing = controller_->missing();
  const api::CatalogueModel* needed = missing->needed();
  if (!needed) return;
  missing_->set_text(tr("%1 is missing").arg(ui::qt(needed->title)),
                     missing->getting() ? missing->progress_line() : missing->why());
  get_->setText(missing->getting() ? tr("Cancel") : missing->get_title());
}

void CreateContent::show_picture() {
  if (painting_) {
    const InputPicture* input = controller_->input();
    if (canvas_->picture().cacheKey() != input->picture().cacheKey())
      canvas_->set_picture(input->picture(), {}, tr("Input picture with its mask"));
    const auto& init = controller_->store()->settings().init;
    if (init)
      canvas_->set_margins({init->outpaint.left, init->outpaint.top, init->outpaint.right, init->outpaint.bottom},
                           controller_->store()->side_multiple());
    return;
  }
  canvas_->set_margins({}, 1);
  const QImage& picture = controller_->picture();
  if (canvas_->picture().cacheKey() == picture.cacheKey()) return;
  const api::ImageInfo* shown = controller_->shown_info();
  canvas_->set_picture(picture, picture.isNull() ? QSize() : controller_->picture_size(),
                       shown ? tr("Picture: %1").arg(ui::qt(shown->prompt)) : tr("Preview of what is being made"));
}

// Without an input picture, the one that is shown becomes it.
void CreateContent::set_painting(bool on) {
  if (on && !controller_->input()->is_set() && controller_->shown_info())
    controller_->use_as_input(controller_->shown());
  painting_ = on && controller_->input()->is_set();
  stop_comparing();
  canvas_->set_mask(painting_ ? controller_->input()->mask() : nullptr);
  if (!painting_) mask_bar_->extend_button()->setChecked(false);
  mask_bar_->setVisible(painting_);
  if (painting_) fit_brush();
  refresh();
  if (painting_) canvas_->setFocus(Qt::OtherFocusReason);
}

// A brush that covers half of a small picture paints nothing; one that was chosen for this size stays.
void CreateContent::fit_brush() {
  const QSize size = controller_->input()->picture().size();
  if (size == brush_for_) return;
  brush_for_ = size;
  const double across = std::clamp(std::min(size.width(), size.height()) / 8.0, 4.0, 96.0);
  canvas_->set_brush({across, across / 4, false});
}

void CreateContent::compare_with(const QString& id) {
  if (painting_) set_painting(false);
  controller_->with_picture(id, [this](const QImage& picture) {
    canvas_->set_second(picture);
    actions_->compare->setChecked(true);
    canvas_->setFocus(Qt::OtherFocusReason);
  });
}

void CreateContent::stop_comparing() {
  canvas_->set_second({});
  actions_->compare->setChecked(false);
}

void CreateContent::take_input(const QByteArray& picture) {
  controller_->input()->set_file(picture);
}

}  // namespace diptych::create
