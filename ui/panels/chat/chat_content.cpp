#include "ui/panels/chat/chat_content.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedWidget>
#include <QToolButton>
#include <QUrl>

#include "ui/panels/chat/announcer.h"
#include "ui/panels/chat/chat_style.h"
#include "ui/panels/chat/composer.h"
#include "ui/panels/chat/find_bar.h"
#include "ui/panels/chat/message_view.h"
#include "ui/panels/chat/model_picker.h"
#include "ui/theme/icons.h"
#include "ui/widgets/empty_state.h"

namespace diptych::chat {
namespace {

constexpr int margin = 16;
constexpr int count_pause_ms = 250;
constexpr int announce_ms = 200;  // at most so often is a growing answer searched for whole sentences

}  // namespace

ChatContent::ChatContent(ChatController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      picker_(new ModelPicker(controller->models(), this)),
      view_(new MessageView(this)),
      composer_(new Composer(this)),
      announcer_(new Announcer(this)),
      find_(new FindBar(view_, this)),
      stack_(new QStackedWidget(this)),
      empty_(new ui::EmptyState(QStringLiteral("chat"), tr("What would you like to know?"), {}, this)),
      export_button_(new QToolButton(this)) {
  setObjectName(QStringLiteral("chatContent"));
  view_->set_model(controller_->thread());
  build();
  connect_controller();
  connect_widgets();
  refresh_style();
  update_state();
}

void ChatContent::build() {
  export_button_->setIcon(ui::icon(QStringLiteral("export")));
  export_button_->setIconSize({18, 18});
  export_button_->setFixedSize(32, 32);
  export_button_->setAutoRaise(true);
  export_button_->setToolTip(tr("Export as Markdown"));
  export_button_->setAccessibleName(tr("Export as Markdown"));
  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(8, 8, margin, 8);
  bar->addWidget(picker_, 1);
  bar->addWidget(export_button_);
  stack_->addWidget(empty_);
  stack_->addWidget(view_);
  auto* column = new QWidget(this);
  column->setMaximumWidth(text_column_width + 2 * margin);
  auto* column_layout = new QVBoxLayout(column);
  column_layout->setContentsMargins(margin, 4, margin, 12);
  column_layout->addWidget(composer_);
  auto* centred = new QHBoxLayout;
  // The scroll bar above takes its width from the text's column; so does this from the composer's.
  connect(view_->verticalScrollBar(), &QScrollBar::rangeChanged, centred, [this, centred](int, int most) {
    const int extent = stack_->currentIndex() == 1 && most > 0 ? view_->verticalScrollBar()->sizeHint().width() : 0;
    centred->setContentsMargins(0, 0, extent, 0);
  });
  centred->addStretch(1);
  centred->addWidget(column, 10000);  // all the room up to its maximum
  centred->addStretch(1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(bar);
  layout->addWidget(find_);
  layout->addWidget(stack_, 1);
  layout->addLayout(centred);
}

void ChatContent::connect_controller() {
  connect(controller_, &ChatController::opened, this, [this] {
    if (find_->isVisible()) find_->close_bar();
    composer_->setFocus();
    update_state();
  });
  connect(controller_, &ChatController::state_changed, this, &ChatContent::update_state);
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
  connect(controller_->service(), &ChatService::tokens_counted, this, [this](const QString& text, int tokens) {
    counted_text_ = text;
    counted_tokens_ = tokens;
    update_state();
  });
  announce_timer_.setSingleShot(true);
  announce_timer_.setInterval(announce_ms);
  connect(&announce_timer_, &QTimer::timeout, this, [this] { announcer_->grow(answer_text_); });
  count_timer_.setSingleShot(true);
  count_timer_.setInterval(count_pause_ms);
  connect(&count_timer_, &QTimer::timeout, this, [this] {
    if (controller_->context_tokens() > 0 && !composer_->text().isEmpty())
      controller_->service()->count_tokens(composer_->text());
  });
}

void ChatContent::connect_widgets() {
  connect(view_, &MessageView::action, this, &ChatContent::message_action);
  connect(view_, &MessageView::copy_text, this, &ChatContent::copy);
  connect(view_, &MessageView::link_activated, this, &ChatContent::ask_to_open);
  connect(composer_, &Composer::send_requested, controller_, &ChatController::send);
  connect(composer_, &Composer::stop_requested, controller_, &ChatController::stop);
  connect(composer_, &Composer::edit_cancelled, controller_, &ChatController::cancel_edit);
  connect(composer_, &Composer::help_requested, picker_, &ModelPicker::open_popup);
  connect(composer_, &Composer::escape_pressed, this, &ChatContent::escape);
  connect(composer_, &Composer::text_changed, this, [this](const QString& text) {
    controller_->set_draft(text);
    count_timer_.start();
    update_state();
  });
  ChatService* service = controller_->service();
  connect(picker_, &ModelPicker::load_requested, service, &ChatService::load_model);
  connect(picker_, &ModelPicker::cancel_requested, service, &ChatService::cancel_load);
  connect(picker_, &ModelPicker::unload_requested, service, &ChatService::unload_model);
  connect(picker_, &ModelPicker::keep_alive_changed, service, &ChatService::set_keep_alive);
  connect(picker_, &ModelPicker::popup_opened, service, &ChatService::list_models);
  connect(find_, &FindBar::closed, composer_, [this] { composer_->setFocus(); });
  connect(export_button_, &QToolButton::clicked, this, &ChatContent::export_requested);
}

void ChatContent::update_state() {
  const bool empty = controller_->thread()->rowCount() == 0;
  stack_->setCurrentIndex(empty ? 0 : 1);
  export_button_->setEnabled(!empty);
  view_->set_busy(controller_->streaming());
  composer_->set_streaming(controller_->streaming());
  composer_->set_editing(!controller_->editing().isEmpty());
  const ChatController::Blocked blocked = controller_->blocked();
  composer_->set_blocked(blocked.reason, blocked.action);
  empty_->set_text(tr("What would you like to know?"),
                   blocked.action.isEmpty()
                       ? tr("Everything stays on this computer. Write below; Enter sends.")
                       : tr("Load a model first, or drop a GGUF file or a model folder on the window."));
  const QString text = composer_->text();
  const int draft = text.isEmpty() ? 0 : text == counted_text_ ? counted_tokens_ : -1;
  composer_->set_context(controller_->tokens_used(), draft, controller_->context_tokens());
}

void ChatContent::message_action(const QString& id, MessageAction action) {
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
  }
}

void ChatContent::open_find() {
  if (controller_->thread()->rowCount() > 0) find_->open();
}

// The running answer first, then an edit, and only then the focus.
void ChatContent::escape() {
  if (controller_->streaming())
    controller_->stop();
  else if (!controller_->editing().isEmpty())
    controller_->cancel_edit();
  else
    view_->setFocus(Qt::OtherFocusReason);
}

void ChatContent::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && controller_->streaming()) {
    controller_->stop();
    return;
  }
  QWidget::keyPressEvent(event);
}

void ChatContent::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) refresh_style();
}

void ChatContent::refresh_style() {
  const ChatStyle style = make_chat_style();
  view_->set_style(style);
  picker_->set_style(style);
}

void ChatContent::copy(const QString& text, const QString& what) {
  QGuiApplication::clipboard()->setText(text);
  const QString note = tr("%1 copied").arg(what);
  announcer_->say(note);
  emit noted(note);
}

// An answer may link anywhere: nothing is opened without showing where it leads, and only what a browser or a mail
// program takes.
void ChatContent::ask_to_open(const QString& address) {
  QUrl url(address, QUrl::StrictMode);
  if (url.scheme().isEmpty() && address.startsWith(QLatin1String("www.")))
    url = QUrl(QStringLiteral("https://") + address);
  const bool known = url.isValid() && QStringList{"http", "https", "mailto"}.contains(url.scheme());
  auto* box = new QMessageBox(this);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setTextFormat(Qt::PlainText);
  box->setWindowTitle(tr("Open link"));
  box->setText(known ? tr("Open this address in another program?") : tr("This address cannot be opened."));
  box->setInformativeText(url.isValid() ? url.toDisplayString(QUrl::FullyEncoded) : address);
  if (known) {
    QPushButton* open = box->addButton(tr("Open"), QMessageBox::AcceptRole);
    connect(open, &QPushButton::clicked, this, [url] { QDesktopServices::openUrl(url); });
  }
  box->addButton(QMessageBox::Cancel);
  box->open();
}

}  // namespace diptych::chat
