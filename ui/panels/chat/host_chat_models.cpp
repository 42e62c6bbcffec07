// The part of the service that is about models, and the events that concern the whole host.
#include <algorithm>
#include <utility>

#include "engine/api/conversation.h"
#include "ui/client/text.h"
#include "ui/panels/chat/host_chat_service.h"
#include "ui/panels/chat/wire.h"

namespace diptych::chat {

using ui::qt;
using ui::Reply;
using ui::utf8;

void HostChatService::host_event(const QString& type, const api::Json& data) {
  try {
    if (type == QLatin1String("model_changed")) {
      take_model(api::from_json<api::ModelInfo>(data));
    } else if (type == QLatin1String("models_changed")) {
      list_models();
    } else if (type == QLatin1String("conversation_changed")) {
      const auto summary = api::from_json<api::ConversationSummary>(data);
      if (!summary.title.empty() && !summary.deleted_ms) emit conversation_renamed(qt(summary.id), qt(summary.title));
    }
  } catch (const api::FieldError&) {
    // News that cannot be read; the next listing brings the whole.
  }
}

// One list on its way at a time: of two, the older could come last. What events say meanwhile may be newer than it.
void HostChatService::list_models() {
  if (listing_models_) {
    list_models_again_ = true;
    return;
  }
  listing_models_ = true;
  link_->http()->get(QStringLiteral("/api/models"), this, [this](const Reply& reply) {
    listing_models_ = false;
    const std::vector<api::ModelInfo> news = std::exchange(news_, {});
    if (std::exchange(list_models_again_, false)) list_models();
    if (!reply.ok()) return fail(reply);
    try {
      auto list = api::from_json<api::ModelList>(reply.json);
      models_ = std::move(list.models);
      catalogue_ = std::move(list.catalogue);
      for (const api::ModelInfo& model : news) put_model(model);
    } catch (const api::FieldError& error) {
      return fail(api::make_error("unavailable", "the list of models cannot be read", error.field(), error.why(),
                                  "the window and the engine may be of different versions; restart both"));
    }
    tell_models();
    emit catalogue_changed();
  });
}

void HostChatService::put_model(const api::ModelInfo& model) {
  const auto known = std::ranges::find(models_, model.id, &api::ModelInfo::id);
  if (known == models_.end())
    models_.push_back(model);
  else
    *known = model;
}

void HostChatService::take_model(const api::ModelInfo& model) {
  const auto known = std::ranges::find(models_, model.id, &api::ModelInfo::id);
  const bool was_loading = known != models_.end() && known->state == api::ModelState::loading;
  put_model(model);
  if (listing_models_) news_.push_back(model);
  tell_models();
  if (was_loading && model.state == api::ModelState::failed && model.error) fail(*model.error);
}

void HostChatService::tell_models() {
  QList<ModelInfo> list;
  for (const api::ModelInfo& model : models_) {
    if (model.kind != api::ModelKind::text) continue;
    list << from_wire(model);
    list.last().name = name_of(model, entry_of(model, catalogue_));
    list.last().chosen = list.last().id == chosen_;
  }
  emit models_listed(list);
}

void HostChatService::load_model(const QString& id_or_path) {
  if (link_->state() != ui::HostLink::State::ready) {
    to_load_ = id_or_path;
    return;
  }
  for (const api::ModelInfo& model : models_) {
    if (qt(model.id) != id_or_path || model.state != api::ModelState::loaded) continue;
    chosen_ = id_or_path;
    return tell_models();
  }
  link_->http()->post(QStringLiteral("/api/models/load"), {{"model", utf8(id_or_path)}}, this,
                      [this](const Reply& reply) {
                        if (!reply.ok()) return fail(reply);
                        try {
                          api::ModelInfo model;
                          api::FieldReader reader(reply.json, "");
                          reader("model", model);
                          chosen_ = qt(model.id);
                          // News of it may have overtaken this reply; the list, with the news after it, is never older.
                          list_models();
                        } catch (const api::FieldError&) {
                          list_models();
                        }
                      });
}

void HostChatService::cancel_load(const QString& id) {
  link_->http()->post(QStringLiteral("/api/models/cancel_load"), {{"model", utf8(id)}}, this,
                      [this](const Reply& reply) {
                        if (!reply.ok()) fail(reply);
                      });
}

void HostChatService::unload_model(const QString& id) {
  link_->http()->post(QStringLiteral("/api/models/unload"), {{"model", utf8(id)}}, this, [this](const Reply& reply) {
    if (!reply.ok()) fail(reply);
  });
}

void HostChatService::set_keep_alive(const QString& id, int seconds) {
  link_->http()->post(QStringLiteral("/api/models/keep_alive"), {{"model", utf8(id)}, {"seconds", seconds}}, this,
                      [this](const Reply& reply) {
                        if (!reply.ok()) fail(reply);
                      });
}

}  // namespace diptych::chat
