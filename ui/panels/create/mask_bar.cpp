#include "ui/panels/create/mask_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

#include "ui/panels/create/image_canvas.h"
#include "ui/theme/icons.h"
#include "ui/theme/typography.h"

namespace diptych::create {

MaskBar::MaskBar(ImageCanvas* canvas, MaskLayer* mask, QWidget* parent)
    : QWidget(parent), canvas_(canvas), mask_(mask) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(8, 0, 8, 8);
  row->setSpacing(2);
  size_ = add_slider(tr("Brush"), QStringLiteral("brushSize"), static_cast<int>(ImageCanvas::least_brush),
                     static_cast<int>(ImageCanvas::most_brush));
  feather_ = add_slider(tr("Feather"), QStringLiteral("brushFeather"), 0, 100);
  size_->setToolTip(tr("Diameter of the brush in pixels ([ and ])"));
  feather_->setToolTip(tr("How much of the brush fades towards its edge"));
  eraser_ = add_button(QStringLiteral("eraser"), QStringLiteral("eraser"), tr("Erase (E)"), true);
  extend_ =
      add_button(QStringLiteral("extend"), QStringLiteral("extendEdges"), tr("Extend the picture by its edges"), true);
  row->addStretch(1);
  auto* invert = add_button(QStringLiteral("invert"), QStringLiteral("invertMask"), tr("Invert the mask (I)"));
  undo_ = add_button(QStringLiteral("undo"), QStringLiteral("undoMask"), tr("Undo (Ctrl+Z)"));
  redo_ = add_button(QStringLiteral("redo"), QStringLiteral("redoMask"), tr("Redo (Ctrl+Shift+Z)"));
  auto* clear = add_button(QStringLiteral("delete"), QStringLiteral("clearMask"), tr("Clear the mask (Del)"));
  auto* done = new QPushButton(tr("Done"), this);
  done->setObjectName(QStringLiteral("maskDone"));
  done->setAutoDefault(false);
  row->addSpacing(4);
  row->addWidget(done);
  connect(size_, &QSlider::valueChanged, this, [this](int value) {
    Brush brush = canvas_->brush();
    const double share = brush.feather / brush.size;
    brush.size = value;
    brush.feather = share * value;
    canvas_->set_brush(brush);
  });
  connect(feather_, &QSlider::valueChanged, this, [this](int percent) {
    Brush brush = canvas_->brush();
    brush.feather = brush.size / 2 * percent / 100;
    canvas_->set_brush(brush);
  });
  connect(eraser_, &QToolButton::toggled, this, [this](bool on) {
    Brush brush = canvas_->brush();
    brush.eraser = on;
    canvas_->set_brush(brush);
  });
  connect(extend_, &QToolButton::toggled, canvas, &ImageCanvas::set_extending);
  connect(invert, &QToolButton::clicked, mask, &MaskLayer::invert);
  connect(undo_, &QToolButton::clicked, mask, &MaskLayer::undo);
  connect(redo_, &QToolButton::clicked, mask, &MaskLayer::redo);
  connect(clear, &QToolButton::clicked, mask, &MaskLayer::clear);
  connect(done, &QPushButton::clicked, this, &MaskBar::done);
  connect(canvas, &ImageCanvas::brush_changed, this, &MaskBar::refresh);
  connect(mask, &MaskLayer::changed, this, &MaskBar::refresh);
  refresh();
}

QSlider* MaskBar::add_slider(const QString& name, const QString& object_name, int low, int high) {
  auto* label = new QLabel(name, this);
  label->setFont(ui::text_font(ui::TextSize::caption));
  label->setForegroundRole(QPalette::PlaceholderText);
  auto* slider = new QSlider(Qt::Horizontal, this);
  slider->setRange(low, high);
  slider->setMinimumWidth(56);
  slider->setMaximumWidth(128);
  slider->setAccessibleName(name);
  slider->setObjectName(object_name);
  label->setBuddy(slider);
  layout()->addWidget(label);
  static_cast<QHBoxLayout*>(layout())->addSpacing(4);
  static_cast<QHBoxLayout*>(layout())->addWidget(slider, 1);
  static_cast<QHBoxLayout*>(layout())->addSpacing(8);
  return slider;
}

QToolButton* MaskBar::add_button(const QString& icon_name, const QString& object_name, const QString& tip,
                                 bool checkable) {
  auto* button = new QToolButton(this);
  button->setIcon(ui::icon(icon_name));
  button->setIconSize({18, 18});
  button->setFixedSize(32, 32);
  button->setAutoRaise(true);
  button->setCheckable(checkable);
  button->setToolTip(tip);
  button->setAccessibleName(tip);
  button->setObjectName(object_name);
  layout()->addWidget(button);
  return button;
}

void MaskBar::refresh() {
  const Brush& brush = canvas_->brush();
  const QSignalBlocker quiet_size(size_), quiet_feather(feather_), quiet_eraser(eraser_);
  size_->setValue(qRound(brush.size));
  feather_->setValue(qRound(brush.feather / (brush.size / 2) * 100));
  eraser_->setChecked(brush.eraser);
  undo_->setEnabled(mask_->can_undo());
  redo_->setEnabled(mask_->can_redo());
}

}  // namespace diptych::create
