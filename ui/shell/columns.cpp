#include "ui/shell/columns.h"

#include <QDataStream>
#include <QPainter>
#include <QResizeEvent>
#include <QStackedWidget>
#include <algorithm>

#include "ui/theme/theme.h"
#include "ui/widgets/panel.h"

namespace diptych::ui {
namespace {

constexpr int least_width[]{200, 260};
constexpr int most_width[]{420, 480};
constexpr quint32 state_version = 1;

// A hairline that is easy to take hold of: the handle lies over its neighbours by a few pixels.
class Handle : public QSplitterHandle {
 public:
  using QSplitterHandle::QSplitterHandle;

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.fillRect(rect(), theme_palette().border);
  }
};

}  // namespace

Columns::Columns(QWidget* parent)
    : QSplitter(Qt::Horizontal, parent),
      list_(new QStackedWidget(this)),
      content_(new QStackedWidget(this)),
      inspector_(new QStackedWidget(this)) {
  setHandleWidth(1);
  setChildrenCollapsible(false);
  for (const Side side : {Side::list, Side::inspector}) {
    stack(side)->setMinimumWidth(least_width[static_cast<int>(side)]);
    stack(side)->setMaximumWidth(most_width[static_cast<int>(side)]);
  }
  content_->setMinimumWidth(320);
  addWidget(list_);
  addWidget(content_);
  addWidget(inspector_);
  setStretchFactor(1, 1);
  setStretchFactor(0, 0);
  setStretchFactor(2, 0);
  connect(this, &QSplitter::splitterMoved, this, [this] {
    for (const Side side : {Side::list, Side::inspector})
      if (stack(side)->isVisible()) widths_[static_cast<int>(side)] = stack(side)->width();
  });
}

QSplitterHandle* Columns::createHandle() {
  return new Handle(orientation(), this);
}

void Columns::add(ui::Panel* panel) {
  Pages pages{panel->list(), panel->content(), panel->inspector()};
  if (pages.list) list_->addWidget(pages.list);
  content_->addWidget(pages.content);
  if (pages.inspector) inspector_->addWidget(pages.inspector);
  pages_.insert(panel, pages);
}

void Columns::show_panel(ui::Panel* panel) {
  panel_ = panel;
  const Pages pages = pages_.value(panel);
  content_->setCurrentWidget(pages.content);
  if (pages.list) list_->setCurrentWidget(pages.list);
  if (pages.inspector) inspector_->setCurrentWidget(pages.inspector);
  arrange();
}

bool Columns::has(Side side) const {
  const Pages pages = pages_.value(panel_);
  return (side == Side::list ? pages.list : pages.inspector) != nullptr;
}

bool Columns::shown(Side side) const {
  return stack(side)->isVisibleTo(this);
}

void Columns::set_wanted(Side side, bool wanted) {
  wanted_[static_cast<int>(side)] = wanted;
  forced_.reset();
  arrange();
  if (wanted && has(side) && !shown(side)) {
    forced_ = side;
    arrange();
  }
}

void Columns::toggle(Side side) {
  set_wanted(side, !shown(side));
}

void Columns::arrange() {
  if (arranging_) return;
  arranging_ = true;
  const bool before[]{shown(Side::list), shown(Side::inspector)};
  const bool list_can = has(Side::list) && wanted_[0];
  const bool inspector_can = has(Side::inspector) && wanted_[1];
  bool list = list_can && width() >= widths_[0] + content_beside_list;
  bool inspector = inspector_can && width() >= (list_can ? widths_[0] : 0) + widths_[1] + content_beside_both;
  if (panel_ && panel_->inspector_leads()) {
    inspector = inspector_can && width() >= widths_[1] + content_beside_leading;
    list = list_can && width() >= widths_[0] + (inspector ? widths_[1] + content_beside_both : content_beside_list);
  }
  if (forced_ == Side::list) {
    inspector = inspector && list;
    list = list_can;
  } else if (forced_ == Side::inspector) {
    list = list && inspector;
    inspector = inspector_can;
  }
  list_->setVisible(list);
  inspector_->setVisible(inspector);
  const int left = list ? widths_[0] : 0;
  const int right = inspector ? widths_[1] : 0;
  setSizes({left, std::max(1, width() - left - right), right});
  arranging_ = false;
  if (before[0] != list || before[1] != inspector) emit folds_changed();
}

void Columns::resizeEvent(QResizeEvent* event) {
  QSplitter::resizeEvent(event);
  if (event->oldSize().width() == event->size().width()) return;
  // Asked for in a narrow window; in one of another width the rule holds again.
  if (forced_ && event->size().width() > event->oldSize().width() + 200) forced_.reset();
  arrange();
}

QByteArray Columns::save() const {
  QByteArray state;
  QDataStream out(&state, QIODevice::WriteOnly);
  out << state_version << wanted_[0] << wanted_[1] << widths_[0] << widths_[1];
  return state;
}

void Columns::restore(const QByteArray& state) {
  QDataStream in(state);
  quint32 version = 0;
  bool list = true, inspector = true;
  int list_px = list_width, inspector_px = inspector_width;
  in >> version >> list >> inspector >> list_px >> inspector_px;
  if (in.status() != QDataStream::Ok || version != state_version) return;
  wanted_[0] = list;
  wanted_[1] = inspector;
  widths_[0] = std::clamp(list_px, least_width[0], most_width[0]);
  widths_[1] = std::clamp(inspector_px, least_width[1], most_width[1]);
  arrange();
}

}  // namespace diptych::ui
