#include "ui/panels/chat/conversation_pane.h"

#include <QKeyEvent>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QToolButton>

namespace diptych::chat {
namespace {

constexpr int conversation_row_height = 34;
constexpr int heading_height = 36;
constexpr int snippet_height = 18;

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
    : SearchList(parent), model_(model), delegate_(new ConversationDelegate(this)) {
  setObjectName(QStringLiteral("conversationPane"));
  name_search(tr("Search conversations"), tr("Search conversations"));
  name_button(QStringLiteral("plus"), tr("New conversation"), tr("New conversation (Ctrl+N)"));
  name_list(tr("Conversations"));
  button()->setObjectName(QStringLiteral("newConversation"));
  list()->setObjectName(QStringLiteral("conversationList"));
  list()->setModel(model);
  list()->setItemDelegate(delegate_);
  list()->setUniformItemSizes(false);
  list()->setEditTriggers(QAbstractItemView::EditKeyPressed);
  connect(button(), &QToolButton::clicked, this, &ConversationPane::new_requested);
  connect(list(), &QListView::customContextMenuRequested, this, &ConversationPane::show_menu);
  connect(list()->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
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
    list()->setCurrentIndex(index);
  else
    list()->clearSelection();
}

QString ConversationPane::current_id() const {
  return list()->currentIndex().data(ConversationListModel::id_role).toString();
}

void ConversationPane::rename_current() {
  if (!current_id().isEmpty()) list()->edit(list()->currentIndex());
}

void ConversationPane::update_empty() {
  show_empty(model_->rowCount() == 0, search().isEmpty() ? tr("No conversations yet.\nWrite a message to start one.")
                                                         : tr("Nothing found for “%1”.").arg(search()));
}

void ConversationPane::show_menu(const QPoint& at) {
  const QString id = list()->indexAt(at).data(ConversationListModel::id_role).toString();
  if (id.isEmpty()) return;
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  connect(menu->addAction(tr("Rename\tF2")), &QAction::triggered, this, &ConversationPane::rename_current);
  QAction* exporting = menu->addAction(tr("Export as Markdown…"));
  exporting->setEnabled(id == wanted_);  // only the conversation that is open is here
  connect(exporting, &QAction::triggered, this, &ConversationPane::export_requested);
  menu->addSeparator();
  connect(menu->addAction(tr("Delete\tDel")), &QAction::triggered, this, [this, id] { emit remove_requested(id); });
  menu->popup(list()->viewport()->mapToGlobal(at));
}

bool ConversationPane::list_key(QKeyEvent* event) {
  if (event->key() != Qt::Key_Delete || current_id().isEmpty()) return false;
  emit remove_requested(current_id());
  return true;
}

}  // namespace diptych::chat
