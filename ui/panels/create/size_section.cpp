#include "ui/panels/create/size_section.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <numeric>

#include "ui/theme/icons.h"

namespace diptych::create {
namespace {

constexpr int largest_side = 8192;

}  // namespace

QString size_name(int width, int height) {
  const int divisor = std::gcd(width, height);
  const QString size = QStringLiteral("%1 × %2").arg(width).arg(height);
  const int across = divisor > 0 ? width / divisor : 0, down = divisor > 0 ? height / divisor : 0;
  return across > 0 && across <= 21 && down <= 21 ? QStringLiteral("%1  (%2:%3)").arg(size).arg(across).arg(down)
                                                  : size;
}

SizeSection::SizeSection(SettingsStore* store, QWidget* parent)
    : SettingsForm(store, parent),
      presets_(new QComboBox(this)),
      width_(new QSpinBox(this)),
      height_(new QSpinBox(this)) {
  presets_->setAccessibleName(tr("Size"));
  presets_->setObjectName(QStringLiteral("sizePresets"));
  presets_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  presets_->setMinimumContentsLength(8);
  add_row(tr("Size"), presets_, tr("Usual sizes of this family of models; the first is what this one was made for"));
  auto* fields = new QWidget(this);
  auto* row = new QHBoxLayout(fields);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(4);
  auto* swap = new QToolButton(fields);
  swap->setIcon(ui::icon(QStringLiteral("swap")));
  swap->setAutoRaise(true);
  swap->setFixedSize(28, 32);
  swap->setObjectName(QStringLiteral("swapSides"));
  swap->setToolTip(tr("Swap width and height"));
  swap->setAccessibleName(tr("Swap width and height"));
  for (QSpinBox* side : {width_, height_}) {
    side->setKeyboardTracking(false);
    side->setMinimumWidth(64);
    connect(side, &QSpinBox::valueChanged, this, [this] { set_size(width_->value(), height_->value()); });
  }
  width_->setAccessibleName(tr("Width in pixels"));
  height_->setAccessibleName(tr("Height in pixels"));
  width_->setObjectName(QStringLiteral("width"));
  height_->setObjectName(QStringLiteral("height"));
  row->addWidget(width_, 1);
  row->addWidget(swap);
  row->addWidget(height_, 1);
  add_row(tr("Pixels"), fields, tr("Width and height in pixels"));
  connect(swap, &QToolButton::clicked, this, [this] {
    const int width = this->store()->width(), height = this->store()->height();
    change([&](api::ImageSettings& settings) {
      settings.width = height;
      settings.height = width;
    });
  });
  connect(presets_, &QComboBox::activated, this, [this](int index) {
    const QSize size = presets_->itemData(index).toSize();
    if (size.isValid()) set_size(size.width(), size.height());
  });
  connect(store, &SettingsStore::model_changed, this, &SizeSection::list_presets);
  keep_fresh([this] { refresh_fields(); });
  list_presets();
}

void SizeSection::set_size(int width, int height) {
  const int multiple = store()->side_multiple();
  change([&](api::ImageSettings& settings) {
    settings.width = round_side(width, multiple);
    settings.height = round_side(height, multiple);
  });
}

void SizeSection::list_presets() {
  presets_->clear();
  if (const api::ImageModelInfo* model = store()->model())
    for (const api::ImageSize& size : model->sizes)
      presets_->addItem(size_name(size.width, size.height), QSize(size.width, size.height));
  refresh_fields();
}

void SizeSection::refresh_fields() {
  const int multiple = store()->side_multiple();
  const QSize size(store()->width(), store()->height());
  for (QSpinBox* side : {width_, height_}) {
    const QSignalBlocker quiet(side);
    side->setRange(multiple, largest_side);
    side->setSingleStep(multiple);
    side->setToolTip(tr("In pixels, a multiple of %1").arg(multiple));
    side->setValue(side == width_ ? size.width() : size.height());
  }
  int index = presets_->findData(size);
  const int custom = presets_->findData(QVariant());
  if (index < 0 && custom < 0) presets_->addItem(QString());
  if (index < 0) {
    index = presets_->findData(QVariant());
    presets_->setItemText(index, size_name(size.width(), size.height()));
  }
  presets_->setCurrentIndex(index);
}

}  // namespace diptych::create
