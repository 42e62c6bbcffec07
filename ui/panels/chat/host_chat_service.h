// The chat's service over the connection to an engine host.
#pragma once

#include <QHash>
#include <functional>

#include "engine/api/conversation.h"
#include "engine/api/model.h"
#include "ui/client/event_stream.h"
#include "ui/client/host_link.h"
#include "ui/panels/chat/chat_service.h"

namespace diptych::chat {

class HostChatService : public ChatService {
  Q_OBJECT

 public:
  explicit HostChatService(ui::HostLink* link, QObject* parent = nullptr);  // `link` must outlive it

  HostState host_state() const override;

  void list_conversations(const QString& search) override;
  void open_conversation(const QString& id) override;
  void create_conversation() override;
  void rename_conversation(const QString& id, const QString& title) override;
  void set_conversation_deleted(const QString& id, bool deleted) override;
  void save_draft(const QString& id, const QString& draft) override;
  void save_settings(const QString& id, const ChatSettings& settings) override;
  void save_leaf(const QString& id, const QString& message) override;

  void send(const QString& conversation, const QString& parent, const QString& text) override;
  void answer(const QString& conversation, const QString& user_message) override;
  void continue_answer(const QString& conversation, const QString& message) override;
  void stop(const QString& conversation) override;
  void set_message_deleted(const QString& conversation, const QString& message, bool deleted) override;
  void count_tokens(const QString& text) override;

  void list_models() override;
  void load_model(const QString& id_or_path) override;  // one that is loaded is made the one that answers
  void cancel_load(const QString& id) override;
  void unload_model(const QString& id) override;
  void set_keep_alive(const QString& id, int seconds) override;

  const std::vector<api::ModelInfo>& models() const { return models_; }
  const std::vector<api::CatalogueModel>& catalogue() const { return catalogue_; }
  const QString& chosen_model() const { return chosen_; }

 signals:
  void catalogue_changed();

 private:
  void host_state_now(ui::HostLink::State state, const QString& reason);
  void host_event(const QString& type, const api::Json& data);
  void conversation_event(const QString& type, const api::Json& data);
  void follow(const QString& conversation, const std::string& last_event);
  void fail(const ui::Reply& reply);
  void fail(const api::ErrorInfo& error);
  // Changes of one conversation are sent one behind the other's reply: on connections of their own a question would
  // overtake the settings that it is to be answered with. `step` sends, and calls what it is given with the reply.
  using Step = std::function<void(const ui::HttpClient::Done& replied)>;
  void in_order(const QString& conversation, Step step);
  void next_step(const QString& conversation);
  void patch(const QString& conversation, const api::Json& body);
  void start_answer(const QString& conversation, const QString& path, const api::Json& body,
                    std::function<void()> on_failure);
  void put_model(const api::ModelInfo& model);
  void take_model(const api::ModelInfo& model);
  void tell_models();
  void name_model(api::Json& body) const;

  ui::HostLink* link_;
  ui::EventStream stream_;  // of the conversation that is open
  QString followed_;
  QString wanted_;  // asked for last
  QHash<QString, api::ConversationSettings> settings_;
  QHash<QString, QList<Step>> steps_;  // of each conversation; the first one is on its way
  std::vector<api::ModelInfo> models_;
  std::vector<api::ModelInfo> news_;  // since the list that is on its way was asked for
  bool listing_models_ = false, list_models_again_ = false;
  std::vector<api::CatalogueModel> catalogue_;
  QString chosen_;   // the model that answers: the one asked for last
  QString to_load_;  // asked for before the host was there, or in use when it died
};

}  // namespace diptych::chat
