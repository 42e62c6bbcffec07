#include "ui/panels/create/plot_grid.h"

#include <QComboBox>
#include <QHeaderView>
#include <QPainter>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"

namespace diptych::create {
namespace {

constexpr int plot_cell_side = 176;

}  // namespace

void PlotCellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ui::PainterScope scope(*painter);
  const ui::Palette& palette = ui::theme_palette();
  const QRectF cell = QRectF(option.rect).adjusted(4, 4, -4, -4);
  const auto picture = index.data(Qt::DecorationRole).value<QPixmap>();
  if (picture.isNull()) {
    ui::paint_box(*painter, cell, 6, palette.raised, palette.border);
    painter->setPen(palette.secondary);
    painter->drawText(cell, Qt::AlignCenter, index.data().toString());
  } else {
    painter->setRenderHint(QPainter::SmoothPixmapTransform);
    const QSizeF size = QSizeF(picture.size()).scaled(cell.size(), Qt::KeepAspectRatio);
    painter->drawPixmap(QRectF(cell.center() - QPointF(size.width() / 2, size.height() / 2), size), picture,
                        picture.rect());
  }
  if (option.state & QStyle::State_Selected) ui::paint_box(*painter, cell, 6, {}, palette.accent, 2);
}

PlotGrid::PlotGrid(CreateService* service, QWidget* parent)
    : QWidget(parent), model_(service), view_(new QTableView(this)), pages_(new QComboBox(this)) {
  view_->setModel(&model_);
  view_->setItemDelegate(new PlotCellDelegate(view_));
  view_->setShowGrid(false);
  view_->setFrameShape(QFrame::NoFrame);
  view_->setAccessibleName(tr("Pictures of the plot"));
  view_->setObjectName(QStringLiteral("plotGrid"));
  view_->setCornerButtonEnabled(false);
  view_->setTabKeyNavigation(false);
  view_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  view_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  for (QHeaderView* header : {view_->horizontalHeader(), view_->verticalHeader()}) {
    header->setDefaultSectionSize(plot_cell_side);
    header->setSectionResizeMode(QHeaderView::Fixed);
    header->setHighlightSections(false);
  }
  view_->horizontalHeader()->setTextElideMode(Qt::ElideRight);
  view_->verticalHeader()->setMaximumWidth(plot_cell_side);
  view_->verticalHeader()->setTextElideMode(Qt::ElideRight);
  pages_->setAccessibleName(tr("Page of the plot"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(pages_);
  column->addWidget(view_, 1);
  connect(pages_, &QComboBox::currentIndexChanged, &model_, &PlotGridModel::set_page);
  connect(view_, &QTableView::activated, this, [this](const QModelIndex& at) {
    if (const QString id = model_.image_at(at); !id.isEmpty()) emit activated(id);
  });
  pages_->hide();
}

void PlotGrid::set_plot(const api::Plot& plot) {
  const QModelIndex at = view_->currentIndex();
  model_.set_plot(plot);
  if (at.isValid()) view_->setCurrentIndex(model_.index(at.row(), at.column()));
  const int pages = model_.pages();
  if (pages_->count() != pages) {
    const QSignalBlocker quiet(pages_);
    pages_->clear();
    for (int i = 0; i < pages; ++i) pages_->addItem(model_.page_title(i));
  }
  pages_->setVisible(pages > 1);
}

}  // namespace diptych::create
