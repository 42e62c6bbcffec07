#include "ui/panels/chat/chat_panel.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QStackedWidget>
#include <QToolButton>

#include "ui/panels/chat/announcer.h"
#include "ui/panels/chat/composer.h"
#include "ui/panels/chat/conversation_pane.h"
#include "ui/panels/chat/icons.h"
#include "ui/panels/chat/inspector.h"
#include "ui/panels/chat/message_view.h"
#include "ui/panels/chat/model_picker.h"
#include "ui/panels/chat/undo_bar.h"

namespace diptych::chat {
namespace {

constexpr int inspector_needs = 1140;  // px of the panel; below, the inspector folds away, and then the list
constexpr int list_needs = 760;
constexpr int scroll_bar_width = 10;  // as chat_style_sheet() sets it
constexpr int count_pause_ms = 250;
constexpr int notice_ms = 3000;
constexpr int announce_ms = 200;

QToolButton* make_tool(const char* icon, const QString& name, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setIcon(chat_icon(icon));
  button->setIconSize({18, 18});
  button->setFixedSize(32, 32);
  button->setAutoRaise(true);
  button->setToolTip(name);
  button->setAccessibleName(name);
  return button;
}

}  // namespace

ChatPanel::ChatPanel(ChatService* service, QWidget* parent)
    : QWidget(parent),
      controller_(new ChatController(service, this)),
      pane_(new ConversationPane(controller_->conversations(), this)),
      inspector_(new Inspector(this)) {
  setObjectName(QStringLiteral("chatPanel"));
  setAttribute(Qt::WA_StyledBackground);
  pane_->setFixedWidth(ConversationPane::preferred_width);
  inspector_->setFixedWidth(Inspector::preferred_width);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->setSizeConstraint(QLayout::SetNoConstraint);
  row->addWidget(pane_);
  row->addWidget(build_content(), 1);
  row->addWidget(inspector_);
  announcer_ = new Announcer(this);
  connect_controller();
  connect_view();
  refresh_style();
  update_state();
  controller_->start();
}

QWidget* ChatPanel::build_content() {
  auto* content = new QWidget(this);
  content->setObjectName(QStringLiteral("chatContent"));
  list_button_ = make_tool("list", tr("Show or hide conversations"), content);
  inspector_button_ = make_tool("settings", tr("Show or hide settings"), content);
  export_button_ = make_tool("export", tr("Export as Markdown"), content);
  picker_ = new ModelPicker(controller_->models(), content);
  view_ = new MessageView(content);
  view_->set_model(controller_->thread());
  composer_ = new Composer(content);
  undo_bar_ = new UndoBar(content);
  notice_ = new QLabel(content);
  notice_->setObjectName(QStringLiteral("chatNotice"));
  notice_->setWordWrap(true);
  notice_->hide();

  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(12, 8, 12, 8);
  bar->setSpacing(4);
  bar->addWidget(list_button_);
  bar->addWidget(picker_, 1);
  bar->addWidget(export_button_);
  bar->addWidget(inspector_button_);

  auto* empty = new QWidget(content);
  empty_title_ = new QLabel(tr("What would you like to know?"), empty);
  empty_title_->setObjectName(QStringLiteral("emptyTitle"));
  empty_text_ = new QLabel(empty);
  empty_text_->setObjectName(QStringLiteral("emptyText"));
  empty_text_->setWordWrap(true);
  empty_text_->setAlignment(Qt::AlignHCenter);
  auto* empty_layout = new QVBoxLayout(empty);
  empty_layout->addStretch(2);
  empty_layout->addWidget(empty_title_, 0, Qt::AlignHCenter);
  empty_layout->addSpacing(4);
  empty_layout->addWidget(empty_text_);
  empty_layout->addStretch(3);
  stack_ = new QStackedWidget(content);
  stack_->addWidget(empty);
  stack_->addWidget(view_);

  auto* column = new QWidget(content);
  column->setMaximumWidth(text_column_width + 32 + scroll_bar_width);
  auto* column_layout = new QVBoxLayout(column);
  column_layout->setContentsMargins(16, 4, 16 + scroll_bar_width, 12);  // in line with the text above
  column_layout->setSpacing(8);
  column_layout->addWidget(undo_bar_);
  column_layout->addWidget(notice_);
  column_layout->addWidget(composer_);
  auto* centred = new QHBoxLayout;
  centred->setContentsMargins(0, 0, 0, 0);
  centred->addStretch(1);
  centred->addWidget(column, 100);
  centred->addStretch(1);

  auto* layout = new QVBoxLayout(content);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(bar);
  layout->addWidget(stack_, 1);
  layout->addLayout(centred);
  return content;
}

void ChatPanel::connect_controller() {
  connect(controller_, &ChatController::opened, this, [this] {
    pane_->set_current(controller_->conversation());
    inspector_->set_settings(controller_->settings());
    composer_->setFocus();
    update_state();
  });
  connect(controller_, &ChatController::state_changed, this, &ChatPanel::update_state);
  connect(controller_, &ChatController::draft_changed, composer_, &Composer::set_text);
  connect(controller_, &ChatController::answer_started, this, [this] {
    answer_text_.clear();
    announcer_->start();
    view_->jump_to_end();
  });
  connect(controller_, &ChatController::answer_grew, this, [this](const QString& text) {
    answer_text_ = text;
    if (!announce_timer_.isActive()) announce_timer_.start();
  });
  connect(controller_, &ChatController::answer_ended, this, [this](const QString& outcome) {
    announce_timer_.stop();
    announcer_->grow(answer_text_);
    announcer_->end(outcome);
  });
  connect(controller_, &ChatController::undo_offered, undo_bar_, &UndoBar::offer);
  connect(controller_, &ChatController::failed, this,
          [this](const QString& what, const QString& why, const QString& to_do) {
            notice_->setText(QStringLiteral("%1: %2. %3").arg(what, why, to_do));
            notice_->show();
            notice_timer_.start(3 * notice_ms);
            announcer_->say(notice_->text());
            emit error(what, why, to_do);
          });
  connect(controller_->service(), &ChatService::tokens_counted, this, [this](const QString& text, int tokens) {
    counted_text_ = text;
    counted_tokens_ = tokens;
    update_state();
  });
  announce_timer_.setSingleShot(true);
  announce_timer_.setInterval(announce_ms);
  connect(&announce_timer_, &QTimer::timeout, this, [this] { announcer_->grow(answer_text_); });
  notice_timer_.setSingleShot(true);
  connect(&notice_timer_, &QTimer::timeout, notice_, &QWidget::hide);
  count_timer_.setSingleShot(true);
  count_timer_.setInterval(count_pause_ms);
  connect(&count_timer_, &QTimer::timeout, this, [this] {
    if (controller_->context_tokens() > 0 && !composer_->text().isEmpty())
      controller_->service()->count_tokens(composer_->text());
  });
}

void ChatPanel::connect_view() {
  connect(pane_, &ConversationPane::new_requested, this, &ChatPanel::new_conversation);
  connect(pane_, &ConversationPane::search_changed, controller_, &ChatController::search);
  connect(pane_, &ConversationPane::activated, controller_, &ChatController::open_conversation);
  connect(pane_, &ConversationPane::remove_requested, controller_, &ChatController::remove_conversation);
  connect(pane_, &ConversationPane::export_requested, this, [this](const QString& id) {
    if (id == controller_->conversation()) export_current();
  });
  connect(view_, &MessageView::action, this, &ChatPanel::message_action);
  connect(view_, &MessageView::copy_text, this, &ChatPanel::copy);
  connect(view_, &MessageView::link_activated, this, &ChatPanel::ask_to_open);
  connect(composer_, &Composer::send_requested, controller_, &ChatController::send);
  connect(composer_, &Composer::stop_requested, controller_, &ChatController::stop);
  connect(composer_, &Composer::edit_cancelled, controller_, &ChatController::cancel_edit);
  connect(composer_, &Composer::help_requested, this, &ChatPanel::open_models);
  connect(composer_, &Composer::escape_pressed, this, &ChatPanel::escape);
  connect(composer_, &Composer::text_changed, this, [this](const QString& text) {
    controller_->set_draft(text);
    count_timer_.start();
    update_state();
  });
  connect(inspector_, &Inspector::settings_changed, controller_, &ChatController::set_settings);
  ChatService* service = controller_->service();
  connect(picker_, &ModelPicker::load_requested, service, &ChatService::load_model);
  connect(picker_, &ModelPicker::cancel_requested, service, &ChatService::cancel_load);
  connect(picker_, &ModelPicker::unload_requested, service, &ChatService::unload_model);
  connect(picker_, &ModelPicker::keep_alive_changed, service, &ChatService::set_keep_alive);
  connect(picker_, &ModelPicker::popup_opened, service, &ChatService::list_models);
  connect(export_button_, &QToolButton::clicked, this, &ChatPanel::export_current);
  connect(list_button_, &QToolButton::clicked, this, [this] {
    list_wanted_ = !pane_->isVisible();
    update_folding(list_wanted_);
    pane_->setVisible(list_wanted_);
  });
  connect(inspector_button_, &QToolButton::clicked, this, [this] {
    inspector_wanted_ = !inspector_->isVisible();
    inspector_->setVisible(inspector_wanted_);
    if (inspector_wanted_ && width() < inspector_needs) pane_->hide();
  });
}

void ChatPanel::update_state() {
  const bool empty = controller_->thread()->rowCount() == 0;
  stack_->setCurrentIndex(empty ? 0 : 1);
  export_button_->setEnabled(!empty);
  view_->set_busy(controller_->streaming());
  composer_->set_streaming(controller_->streaming());
  composer_->set_editing(!controller_->editing().isEmpty());
  const ChatController::Blocked blocked = controller_->blocked();
  composer_->set_blocked(blocked.reason, blocked.action);
  empty_text_->setText(
      blocked.action.isEmpty()
          ? tr("Everything stays on this computer. Write below; Enter sends.")
          : tr("Load a model first: press the button below, or drop a GGUF file or a model folder here."));
  const QString text = composer_->text();
  const int draft = text.isEmpty() ? 0 : text == counted_text_ ? counted_tokens_ : -1;
  composer_->set_context(controller_->tokens_used(), draft, controller_->context_tokens());
}

void ChatPanel::message_action(const QString& id, MessageAction action) {
  switch (action) {
    case MessageAction::copy:
      if (const Message* message = controller_->thread()->find(id)) copy(message->text, tr("Message"));
      break;
    case MessageAction::edit:
      controller_->edit(id);
      composer_->setFocus();
      break;
    case MessageAction::regenerate:
      controller_->regenerate(id);
      break;
    case MessageAction::continue_answer:
      controller_->continue_answer(id);
      break;
    case MessageAction::remove:
      controller_->remove_message(id);
      break;
    case MessageAction::previous_branch:
      controller_->select_branch(id, -1);
      break;
    case MessageAction::next_branch:
      controller_->select_branch(id, 1);
      break;
    case MessageAction::stop:
      controller_->stop();
      break;
  }
}

void ChatPanel::new_conversation() {
  controller_->new_conversation();
  composer_->setFocus();
}

void ChatPanel::focus_search() {
  pane_->show();
  pane_->focus_search();
}

void ChatPanel::undo() {
  undo_bar_->undo();
}
void ChatPanel::open_models() {
  picker_->open_popup();
}
void ChatPanel::set_enter_sends(bool sends) {
  composer_->set_enter_sends(sends);
}

void ChatPanel::escape() {
  if (controller_->streaming())
    controller_->stop();
  else if (!controller_->editing().isEmpty())
    controller_->cancel_edit();
  else
    view_->setFocus(Qt::OtherFocusReason);
}

void ChatPanel::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && controller_->streaming()) {
    controller_->stop();
    return;
  }
  // Typing anywhere in the conversation goes on in the composer.
  if (view_->hasFocus() && event->key() == Qt::Key_I && event->modifiers() == Qt::NoModifier) {
    composer_->setFocus();
    return;
  }
  QWidget::keyPressEvent(event);
}

void ChatPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  update_folding(false);
}

void ChatPanel::update_folding(bool list_first) {
  inspector_->setVisible(inspector_wanted_ && width() >= inspector_needs && !(list_first && width() < inspector_needs));
  pane_->setVisible(list_wanted_ && width() >= list_needs);
}

void ChatPanel::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && !styling_) refresh_style();
}

void ChatPanel::refresh_style() {
  styling_ = true;  // a style sheet changes palettes below, which must not come back here
  const ChatStyle style = make_chat_style();
  setStyleSheet(chat_style_sheet(style));
  view_->set_style(style);
  pane_->set_style(style);
  composer_->set_style(style);
  picker_->set_style(style);
  styling_ = false;
}

void ChatPanel::copy(const QString& text, const QString& what) {
  QGuiApplication::clipboard()->setText(text);
  const QString note = tr("%1 copied").arg(what);
  announcer_->say(note);
  emit status(note);
}

}  // namespace diptych::chat
