#include "ui/widgets/search_list.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>

#include "ui/theme/icons.h"

namespace diptych::ui {
namespace {

constexpr int typing_pause_ms = 150;

}  // namespace

SearchList::SearchList(QWidget* parent)
    : QWidget(parent),
      search_(new QLineEdit(this)),
      button_(new QToolButton(this)),
      list_(new QListView(this)),
      page_(new QWidget(this)),
      empty_(new QLabel(this)),
      stack_(new QStackedWidget(this)),
      pause_(new QTimer(this)) {
  setBackgroundRole(QPalette::Base);
  setAutoFillBackground(true);
  search_->setClearButtonEnabled(true);
  search_->addAction(icon("search"), QLineEdit::LeadingPosition);
  search_->installEventFilter(this);
  button_->setAutoRaise(true);
  button_->setFixedSize(32, 32);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  list_->installEventFilter(this);
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
  empty_->setMargin(24);
  empty_->setObjectName(QStringLiteral("emptyList"));
  empty_->setForegroundRole(QPalette::PlaceholderText);
  auto* inside = new QVBoxLayout(page_);
  inside->setContentsMargins(0, 0, 0, 0);
  inside->addWidget(list_);
  stack_->addWidget(page_);
  stack_->addWidget(empty_);
  auto* top = new QHBoxLayout;
  top->setContentsMargins(12, 12, 8, 8);
  top->addWidget(search_, 1);
  top->addWidget(button_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(top);
  layout->addWidget(stack_, 1);
  pause_->setSingleShot(true);
  pause_->setInterval(typing_pause_ms);
  connect(pause_, &QTimer::timeout, this, [this] { emit search_changed(search()); });
  connect(search_, &QLineEdit::textChanged, pause_, qOverload<>(&QTimer::start));
}

QString SearchList::search() const {
  return search_->text().trimmed();
}

void SearchList::focus_search() {
  search_->setFocus(Qt::ShortcutFocusReason);
  search_->selectAll();
}

void SearchList::name_search(const QString& placeholder, const QString& name) {
  search_->setPlaceholderText(placeholder);
  search_->setAccessibleName(name);
}

void SearchList::name_button(const QString& icon_name, const QString& name, const QString& tip) {
  button_->setIcon(icon(icon_name));
  button_->setAccessibleName(name);
  button_->setToolTip(tip);
}

void SearchList::name_list(const QString& name) {
  list_->setAccessibleName(name);
}

void SearchList::set_list_margins(const QMargins& margins) {
  page_->layout()->setContentsMargins(margins);
}

void SearchList::show_empty(bool empty, const QString& text) {
  empty_->setText(text);
  stack_->setCurrentIndex(empty ? 1 : 0);
}

bool SearchList::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    auto* key = static_cast<QKeyEvent*>(event);
    if (watched == search_ && key->key() == Qt::Key_Down) {
      list_->setFocus(Qt::TabFocusReason);
      return true;
    }
    if (watched == search_ && key->key() == Qt::Key_Escape && !search_->text().isEmpty()) {
      search_->clear();
      return true;
    }
    if (watched == list_ && list_key(key)) return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace diptych::ui
