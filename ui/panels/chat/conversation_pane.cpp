#include "ui/panels/chat/conversation_pane.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>

#include "ui/theme/icons.h"

namespace diptych::chat {
namespace {

constexpr int conversation_row_height = 34;
constexpr int heading_height = 36;
constexpr int snippet_height = 18;
constexpr int search_pause_ms = 150;

}  // namespace

QSize ConversationDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const {
  if (!index.data(ConversationListModel::heading_role).toString().isEmpty()) return {100, heading_height};
  const bool snippet = !index.data(ConversationListModel::snippet_role).toString().isEmpty();
  return {100, conversation_row_height + (snippet ? snippet_height : 0)};
}

void ConversationDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const {
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  QFont font = option.font;
  const QRect rect = option.rect.adjusted(8, 0, -8, 0);
  const QString heading = index.data(ConversationListModel::heading_role).toString();
  if (!heading.isEmpty()) {
    font.setPixelSize(11);
    font.setWeight(QFont::DemiBold);
    painter->setFont(font);
    painter->setPen(style_.palette.secondary);
    painter->drawText(rect.adjusted(8, 0, 0, -6), Qt::AlignBottom | Qt::AlignLeft, heading);
    painter->restore();
    return;
  }
  const bool selected = option.state & QStyle::State_Selected;
  const bool hovered = option.state & QStyle::State_MouseOver;
  if (selected || hovered) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(selected ? style_.palette.selection : style_.palette.hover);
    painter->drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6);
  }
  if (selected && option.state & QStyle::State_HasFocus) {
    painter->setPen(QPen(style_.palette.accent, 2));
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(rect.adjusted(1, 2, -1, -2), 6, 6);
  }
  font.setPixelSize(13);
  painter->setFont(font);
  painter->setPen(style_.palette.text);
  const QRect text = rect.adjusted(8, 0, -8, 0);
  const QString title = index.data(Qt::DisplayRole).toString();
  painter->drawText(QRect(text.left(), text.top(), text.width(), conversation_row_height),
                    Qt::AlignVCenter | Qt::AlignLeading,
                    QFontMetrics(font).elidedText(title, Qt::ElideRight, text.width()));
  const QString snippet = index.data(ConversationListModel::snippet_role).toString();
  if (!snippet.isEmpty()) {
    font.setPixelSize(11);
    painter->setFont(font);
    painter->setPen(style_.palette.secondary);
    painter->drawText(QRect(text.left(), text.top() + conversation_row_height - 8, text.width(), snippet_height),
                      Qt::AlignVCenter | Qt::AlignLeading,
                      QFontMetrics(font).elidedText(snippet.simplified(), Qt::ElideRight, text.width()));
  }
  painter->restore();
}

ConversationPane::ConversationPane(ConversationListModel* model, QWidget* parent)
    : QWidget(parent),
      model_(model),
      delegate_(new ConversationDelegate(this)),
      search_(new QLineEdit(this)),
      new_(new QToolButton(this)),
      list_(new QListView(this)),
      empty_(new QLabel(this)),
      stack_(new QStackedWidget(this)),
      search_timer_(new QTimer(this)) {
  setObjectName(QStringLiteral("conversationPane"));
  setBackgroundRole(QPalette::Base);
  setAutoFillBackground(true);
  search_->setPlaceholderText(tr("Search conversations"));
  search_->setAccessibleName(tr("Search conversations"));
  search_->setClearButtonEnabled(true);
  search_->addAction(ui::icon("search"), QLineEdit::LeadingPosition);
  search_->installEventFilter(this);
  new_->setIcon(ui::icon("plus"));
  new_->setAutoRaise(true);
  new_->setFixedSize(32, 32);
  new_->setToolTip(tr("New conversation (Ctrl+N)"));
  new_->setAccessibleName(tr("New conversation"));
  new_->setObjectName(QStringLiteral("newConversation"));
  list_->setModel(model);
  list_->setItemDelegate(delegate_);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setUniformItemSizes(false);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setEditTriggers(QAbstractItemView::EditKeyPressed);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  list_->setAccessibleName(tr("Conversations"));
  list_->setObjectName(QStringLiteral("conversationList"));
  list_->installEventFilter(this);
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
  empty_->setMargin(24);
  empty_->setObjectName(QStringLiteral("emptyList"));
  empty_->setForegroundRole(QPalette::PlaceholderText);
  stack_->addWidget(list_);
  stack_->addWidget(empty_);

  auto* top = new QHBoxLayout;
  top->setContentsMargins(12, 12, 8, 8);
  top->addWidget(search_, 1);
  top->addWidget(new_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(top);
  layout->addWidget(stack_, 1);

  search_timer_->setSingleShot(true);
  search_timer_->setInterval(search_pause_ms);
  connect(search_timer_, &QTimer::timeout, this, [this] { emit search_changed(search()); });
  connect(search_, &QLineEdit::textChanged, search_timer_, qOverload<>(&QTimer::start));
  connect(new_, &QToolButton::clicked, this, &ConversationPane::new_requested);
  connect(list_, &QListView::customContextMenuRequested, this, &ConversationPane::show_menu);
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
    const QString id = index.data(ConversationListModel::id_role).toString();
    if (id.isEmpty() || id == wanted_) return;
    wanted_ = id;
    emit activated(id);
  });
  connect(model, &QAbstractItemModel::modelReset, this, [this] {
    set_current(wanted_);
    update_empty();
  });
  delegate_->set_style(make_chat_style());
  update_empty();
}

void ConversationPane::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) delegate_->set_style(make_chat_style());
}

void ConversationPane::set_current(const QString& id) {
  wanted_ = id;
  const QModelIndex index = model_->index_of(id);
  if (index.isValid())
    list_->setCurrentIndex(index);
  else
    list_->clearSelection();
}

QString ConversationPane::search() const {
  return search_->text().trimmed();
}
QString ConversationPane::current_id() const {
  return list_->currentIndex().data(ConversationListModel::id_role).toString();
}

void ConversationPane::focus_search() {
  search_->setFocus(Qt::ShortcutFocusReason);
  search_->selectAll();
}

void ConversationPane::rename_current() {
  if (!current_id().isEmpty()) list_->edit(list_->currentIndex());
}

void ConversationPane::update_empty() {
  empty_->setText(search().isEmpty() ? tr("No conversations yet.\nWrite a message to start one.")
                                     : tr("Nothing found for “%1”.").arg(search()));
  stack_->setCurrentWidget(model_->rowCount() > 0 ? static_cast<QWidget*>(list_) : empty_);
}

void ConversationPane::show_menu(const QPoint& at) {
  const QString id = list_->indexAt(at).data(ConversationListModel::id_role).toString();
  if (id.isEmpty()) return;
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  connect(menu->addAction(tr("Rename\tF2")), &QAction::triggered, this, &ConversationPane::rename_current);
  QAction* exporting = menu->addAction(tr("Export as Markdown…"));
  exporting->setEnabled(id == wanted_);  // only the conversation that is open is here
  connect(exporting, &QAction::triggered, this, &ConversationPane::export_requested);
  menu->addSeparator();
  connect(menu->addAction(tr("Delete\tDel")), &QAction::triggered, this, [this, id] { emit remove_requested(id); });
  menu->popup(list_->viewport()->mapToGlobal(at));
}

bool ConversationPane::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (watched == search_ && key == Qt::Key_Down) {
      list_->setFocus(Qt::TabFocusReason);
      return true;
    }
    if (watched == search_ && key == Qt::Key_Escape && !search_->text().isEmpty()) {
      search_->clear();
      return true;
    }
    if (watched == list_ && key == Qt::Key_Delete && !current_id().isEmpty()) {
      emit remove_requested(current_id());
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace diptych::chat
