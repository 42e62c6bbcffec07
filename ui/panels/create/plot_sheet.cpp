#include "ui/panels/create/plot_sheet.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/client/text.h"
#include "ui/panels/create/plot_labels.h"

namespace diptych::create {
namespace {

constexpr int most_pixels_across = 12000;
constexpr int default_side = 256;  // of cells, where no picture was made
constexpr int most_label_lines = 3;

// Black on white whatever the window's theme: it is seen elsewhere.
constexpr QRgb paper = 0xFFFFFFFF, ink = 0xFF1C1C1A, faint = 0xFFE3E3DF;

class Sheet {
 public:
  Sheet(const api::Plot& plot, const QHash<QString, QImage>& pictures) : plot_(plot), pictures_(pictures) {
    for (size_t axis = 0; axis < std::min<size_t>(3, plot.axes.size()); ++axis)
      counts_[axis] = std::max(1, static_cast<int>(plot.axes[axis].values.size()));
    measure();
  }

  QImage painted() {
    QImage image(left_ + counts_[0] * (cell_.width() + gap_) + gap_, counts_[2] * page_height_, QImage::Format_RGB32);
    image.fill(paper);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.setFont(font_);
    painter.setPen(QColor::fromRgb(ink));
    for (int page = 0; page < counts_[2]; ++page) paint_labels(painter, page);
    for (const api::PlotCell& cell : plot_.cells) paint_cell(painter, cell);
    return image;
  }

 private:
  // Letters grow with the cells, so that they are read when the whole is seen at once.
  void measure() {
    QSize largest;
    for (const QImage& picture : pictures_) largest = largest.expandedTo(picture.size());
    if (largest.isEmpty()) largest = {default_side, default_side};
    const double across = counts_[0] * (largest.width() * 1.02) + largest.width() * 0.6;
    const double down = counts_[2] * (counts_[1] * (largest.height() * 1.02) + largest.height() * 0.4);
    const double scale = std::min(1.0, most_pixels_across / std::max(across, down));
    cell_ = (QSizeF(largest) * scale).toSize().expandedTo({16, 16});
    gap_ = std::max(4, cell_.width() / 64);
    font_.setPixelSize(std::clamp(cell_.width() / 16, 12, 64));
    const QFontMetrics metrics(font_);
    const int widest = cell_.width() * 3 / 5;
    for (int row = 0; row < counts_[1]; ++row)
      left_ = std::max(left_, std::min(widest, metrics.horizontalAdvance(plot_label(plot_, 1, row)) + 2 * gap_));
    left_ = std::max(left_, gap_);
    for (int column = 0; column < counts_[0]; ++column)
      top_ = std::max(top_, metrics
                                .boundingRect(QRect(0, 0, cell_.width(), 1 << 14),
                                              Qt::TextWordWrap | Qt::TextWrapAnywhere, plot_label(plot_, 0, column))
                                .height());
    top_ = std::min(top_, most_label_lines * metrics.lineSpacing()) + 2 * gap_;
    title_ = plot_.axes.size() > 2 ? metrics.lineSpacing() + 2 * gap_ : 0;
    page_height_ = title_ + top_ + counts_[1] * (cell_.height() + gap_) + gap_;
  }

  QRect cell_rect(int column, int row, int page) const {
    return {left_ + gap_ + column * (cell_.width() + gap_),
            page * page_height_ + title_ + top_ + row * (cell_.height() + gap_), cell_.width(), cell_.height()};
  }

  void paint_labels(QPainter& painter, int page) const {
    constexpr int wrapped = Qt::TextWordWrap | Qt::TextWrapAnywhere;
    const int above = page * page_height_;
    if (title_ > 0) painter.drawText(QRect(gap_, above + gap_, 1 << 14, title_), plot_label(plot_, 2, page));
    for (int column = 0; column < counts_[0]; ++column) {
      const QRect cell = cell_rect(column, 0, page);
      painter.drawText(QRect(cell.left(), above + title_ + gap_, cell.width(), top_ - 2 * gap_),
                       Qt::AlignHCenter | Qt::AlignBottom | wrapped, plot_label(plot_, 0, column));
    }
    for (int row = 0; row < counts_[1]; ++row) {
      const QRect cell = cell_rect(0, row, page);
      painter.drawText(QRect(gap_, cell.top(), left_ - 2 * gap_, cell.height()),
                       Qt::AlignLeft | Qt::AlignVCenter | wrapped, plot_label(plot_, 1, row));
    }
  }

  void paint_cell(QPainter& painter, const api::PlotCell& cell) const {
    const auto at = [&](size_t axis) { return axis < cell.at.size() ? cell.at[axis] : 0; };
    const QRect place = cell_rect(at(0), at(1), at(2));
    const QImage picture = pictures_.value(ui::qt(cell.image));
    if (picture.isNull()) return painter.fillRect(place, QColor::fromRgb(faint));
    const QSize size = picture.size().scaled(place.size(), Qt::KeepAspectRatio);
    const QSize kept = size.width() > picture.width() ? picture.size() : size;
    painter.drawImage(QRect(place.center() - QPoint(kept.width() / 2, kept.height() / 2) + QPoint(1, 1), kept),
                      picture);
  }

  const api::Plot& plot_;
  const QHash<QString, QImage>& pictures_;
  int counts_[3] = {1, 1, 1};
  QFont font_;
  QSize cell_;
  int gap_ = 0, left_ = 0, top_ = 0, title_ = 0, page_height_ = 0;
};

}  // namespace

QImage plot_sheet(const api::Plot& plot, const QHash<QString, QImage>& pictures) {
  QImage image = Sheet(plot, pictures).painted();
  image.setText(QStringLiteral("diptych"), ui::qt(api::dump(api::Json{{"plot", api::to_json(plot)}})));
  return image;
}

}  // namespace diptych::create
