#include "ui/panels/create/parameters_pane.h"

#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/panels/create/adapters_section.h"
#include "ui/panels/create/advanced_section.h"
#include "ui/panels/create/controls_section.h"
#include "ui/panels/create/create_controller.h"
#include "ui/panels/create/generate_bar.h"
#include "ui/panels/create/image_prompts_section.h"
#include "ui/panels/create/input_section.h"
#include "ui/panels/create/model_section.h"
#include "ui/panels/create/prompt_section.h"
#include "ui/panels/create/sampling_section.h"
#include "ui/panels/create/size_section.h"

namespace diptych::create {
namespace {

constexpr int side_margin = 16;

}  // namespace

ParametersPane::ParametersPane(CreateController* controller, QWidget* parent)
    : QWidget(parent),
      prompts_(new PromptSection(controller, this)),
      generate_(new GenerateBar(controller, this)),
      scroll_(new QScrollArea(this)) {
  setObjectName(QStringLiteral("parametersPane"));
  setBackgroundRole(QPalette::Base);
  setAutoFillBackground(true);
  auto* fixed = new QVBoxLayout;
  fixed->setContentsMargins(side_margin, 12, side_margin, 12);
  fixed->setSpacing(8);
  fixed->addWidget(prompts_);
  fixed->addWidget(generate_);
  auto* page = new QWidget(scroll_);
  page->setBackgroundRole(QPalette::Base);
  page->setAutoFillBackground(true);
  const int bar_width = style()->pixelMetric(QStyle::PM_ScrollBarExtent);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(side_margin, 8, side_margin - bar_width, 16);
  column->setSpacing(6);
  // Made in the order in which Tab walks them.
  column->addWidget(new ModelSection(controller, page));
  column->addWidget(new SizeSection(controller->store(), page));
  column->addWidget(new SamplingSection(controller, page));
  column->addSpacing(8);
  column->addWidget(new AdaptersSection(controller, page));
  input_ = new InputSection(controller, page);
  auto* controls = new ControlsSection(controller, page);
  auto* image_prompts = new ImagePromptsSection(controller, page);
  advanced_ = new AdvancedSection(controller, page);
  column->addSpacing(8);
  column->addWidget(input_);
  column->addSpacing(8);
  column->addWidget(controls);
  column->addSpacing(8);
  column->addWidget(image_prompts);
  column->addSpacing(8);
  column->addWidget(advanced_);
  column->addStretch(1);
  scroll_->setWidget(page);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);  // the fields end where the prompts end
  scroll_->setFocusPolicy(Qt::NoFocus);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(fixed);
  layout->addWidget(scroll_, 1);
}

}  // namespace diptych::create
