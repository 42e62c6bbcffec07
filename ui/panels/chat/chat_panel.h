// The Chat panel: conversations left, messages and composer in the middle, settings right.
#pragma once

#include <QPointer>

#include "ui/panels/chat/chat_controller.h"
#include "ui/widgets/panel.h"

namespace diptych::chat {

class ChatContent;
class ConversationPane;
class Inspector;

class ChatPanel : public ui::Panel {
  Q_OBJECT

 public:
  explicit ChatPanel(ChatService* service, QObject* parent = nullptr);  // `service` must outlive it
  ~ChatPanel() override;

  QString id() const override { return QStringLiteral("chat"); }
  QString title() const override { return tr("Chat"); }
  QString icon_name() const override { return QStringLiteral("chat"); }
  QWidget* list() override;
  QWidget* content() override;
  QWidget* inspector() override;
  QList<QAction*> actions() override { return actions_; }
  void create_new() override;
  void find() override;
  void shown() override;
  bool cancel() override;

  ChatController* controller() { return controller_; }
  ChatContent* chat();
  bool open_model(const QString& path);  // dropped or chosen: a GGUF file or a model folder; false: neither
  void set_enter_sends(bool sends);      // see UI.md

 private:
  void make_actions();
  void export_current();
  QAction* add_action(const QString& text, const QKeySequence& keys, const std::function<void()>& run);

  ChatController* controller_;
  QPointer<ConversationPane> pane_;
  QPointer<ChatContent> content_;
  QPointer<Inspector> inspector_;
  QList<QAction*> actions_;
};

}  // namespace diptych::chat
