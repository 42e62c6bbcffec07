#include "ui/panels/chat/chat_panel.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>

#include "ui/panels/chat/announcer.h"
#include "ui/panels/chat/chat_content.h"
#include "ui/panels/chat/composer.h"
#include "ui/panels/chat/conversation_pane.h"
#include "ui/panels/chat/export.h"
#include "ui/panels/chat/inspector.h"
#include "ui/panels/chat/message_view.h"
#include "ui/panels/chat/model_picker.h"

namespace diptych::chat {

ChatPanel::ChatPanel(ChatService* service, QObject* parent)
    : Panel(parent),
      controller_(new ChatController(service, this)),
      pane_(new ConversationPane(controller_->conversations())),
      content_(new ChatContent(controller_)),
      inspector_(new Inspector) {
  connect(controller_, &ChatController::opened, pane_, [this] { pane_->set_current(controller_->conversation()); });
  connect(controller_, &ChatController::opened, inspector_,
          [this] { inspector_->set_settings(controller_->settings()); });
  connect(controller_, &ChatController::undo_offered, this, &Panel::undo_offered);
  connect(controller_, &ChatController::failed, this,
          [this](const QString& what, const QString& why, const QString& to_do) {
            const QString text = QStringLiteral("%1: %2. %3").arg(what, why, to_do);
            if (content_) content_->announcer()->say(text);
            emit notice({ui::Notice::Level::error, text, {}, {}});
          });
  connect(controller_, &ChatController::can_go_on, this, [this](const QString& message) {
    emit notice({ui::Notice::Level::info, tr("The engine stopped in the middle of an answer and was started again."),
                 tr("Continue the answer"), [this, message] { controller_->continue_answer(message); }});
  });
  connect(pane_, &ConversationPane::new_requested, this, &ChatPanel::create_new);
  connect(pane_, &ConversationPane::search_changed, controller_, &ChatController::search);
  connect(pane_, &ConversationPane::activated, controller_, &ChatController::open_conversation);
  connect(pane_, &ConversationPane::remove_requested, controller_, &ChatController::remove_conversation);
  connect(pane_, &ConversationPane::export_requested, this, &ChatPanel::export_current);
  connect(inspector_, &Inspector::settings_changed, controller_, &ChatController::set_settings);
  connect(content_, &ChatContent::export_requested, this, &ChatPanel::export_current);
  connect(content_, &ChatContent::noted, this, [this](const QString& text) {
    emit notice({ui::Notice::Level::info, text, {}, {}});
  });
  make_actions();
  controller_->start();
}

ChatPanel::~ChatPanel() {
  // Whoever took the widgets may be gone already; those that nobody took go with the panel.
  for (QWidget* widget : QList<QWidget*>{pane_, content_, inspector_})
    if (widget && !widget->parent()) delete widget;
}

QWidget* ChatPanel::list() {
  return pane_;
}
QWidget* ChatPanel::content() {
  return content_;
}
ChatContent* ChatPanel::chat() {
  return content_;
}
QWidget* ChatPanel::inspector() {
  return inspector_;
}

QAction* ChatPanel::add_action(const QString& text, const QKeySequence& keys, const std::function<void()>& run) {
  auto* action = new QAction(text, this);
  action->setShortcut(keys);
  connect(action, &QAction::triggered, this, run);
  actions_ << action;
  return action;
}

void ChatPanel::make_actions() {
  const auto last_answer = [this]() -> const Message* {
    for (int row = controller_->thread()->rowCount() - 1; row >= 0; --row)
      if (const Message* message = controller_->thread()->message(row); message->role == Role::assistant)
        return message;
    return nullptr;
  };
  add_action(tr("Choose a model…"), QKeySequence(Qt::CTRL | Qt::Key_M), [this] { content_->picker()->open_popup(); });
  add_action(tr("Search conversations"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F),
             [this] { pane_->focus_search(); });
  add_action(tr("Rename the conversation"), QKeySequence(Qt::Key_F2), [this] { pane_->rename_current(); });
  add_action(tr("Delete the conversation"), {},
             [this] { controller_->remove_conversation(controller_->conversation()); });
  add_action(tr("Export as Markdown…"), QKeySequence(Qt::CTRL | Qt::Key_E), [this] { export_current(); });
  add_action(tr("Copy the last answer"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), [this, last_answer] {
    if (const Message* message = last_answer()) content_->copy(message->text, tr("Message"));
  });
  add_action(tr("Regenerate the last answer"), QKeySequence(Qt::CTRL | Qt::Key_R), [this, last_answer] {
    if (const Message* message = last_answer()) controller_->regenerate(message->id);
  });
  add_action(tr("Continue the last answer"), {}, [this, last_answer] {
    if (const Message* message = last_answer()) controller_->continue_answer(message->id);
  });
  add_action(tr("Stop the answer"), {}, [this] { controller_->stop(); });
  add_action(tr("Jump to the end"), QKeySequence(Qt::CTRL | Qt::Key_End), [this] { content_->view()->jump_to_end(); });
  add_action(tr("Write a message"), QKeySequence(Qt::CTRL | Qt::Key_L), [this] { content_->composer()->setFocus(); });
}

void ChatPanel::create_new() {
  controller_->new_conversation();
  content_->composer()->setFocus();
}

// In the conversation; where there is none, for one.
void ChatPanel::find() {
  if (controller_->thread()->rowCount() > 0)
    content_->open_find();
  else
    pane_->focus_search();
}

void ChatPanel::shown() {
  content_->composer()->setFocus();
}
bool ChatPanel::cancel() {
  if (!controller_->streaming()) return false;
  controller_->stop();
  return true;
}

void ChatPanel::set_enter_sends(bool sends) {
  content_->composer()->set_enter_sends(sends);
}

void ChatPanel::export_current() {
  if (controller_->thread()->rowCount() == 0) return;
  auto* dialog = new QFileDialog(content_, tr("Export as Markdown"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilter(tr("Markdown (*.md)"));
  dialog->setDefaultSuffix(QStringLiteral("md"));
  dialog->selectFile(file_name_for(controller_->title()));
  const QString text = to_markdown(controller_->title(), controller_->settings().system_prompt, *controller_->thread());
  connect(dialog, &QFileDialog::fileSelected, this, [this, text](const QString& path) {
    const QString problem = write_file(path, text);
    if (problem.isEmpty())
      emit notice({ui::Notice::Level::info, tr("Exported to %1").arg(path), {}, {}});
    else
      emit notice({ui::Notice::Level::error, tr("Cannot export to %1: %2. Choose another folder").arg(path, problem),
                   tr("Export again"), [this] { export_current(); }});
  });
  dialog->open();
}

bool ChatPanel::open_model(const QString& path) {
  const QFileInfo info(path);
  const bool file = info.isFile() && QStringList{"gguf", "safetensors"}.contains(info.suffix().toLower());
  if (!file && !info.isDir()) return false;
  controller_->service()->load_model(info.absoluteFilePath());
  return true;
}

}  // namespace diptych::chat
