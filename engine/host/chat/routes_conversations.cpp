// /api/conversations.
#include "engine/host/host.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

std::string text_of(const api::Json& body, const char* name) {
  std::string text;
  api::FieldReader reader(body, "");
  reader(name, text);
  return text;
}

std::string needed_text(const api::Json& body, const char* name) {
  if (!body.contains(name)) refuse(name, "it is missing");
  return text_of(body, name);
}

}  // namespace

void Host::add_conversation_routes() {
  router_.add("GET", "/api/conversations", [this](const HttpRequest& request, const PathArguments&) {
    store::ListOptions options;
    options.query = request.argument("q");
    options.deleted = query_integer(request, "deleted", 0, 0, 1) == 1;
    options.limit = query_integer(request, "limit", 1000, 1, 100000);
    return HttpResponse::json({{"conversations", api::FieldWriter::write(conversations_->list(options))}});
  });
  router_.add("POST", "/api/conversations", [this](const HttpRequest& request, const PathArguments&) {
    const api::Json body = body_object(request);
    api::ConversationSettings settings;
    api::FieldReader reader(body, "");
    reader("settings", settings);
    api::check(settings);
    return HttpResponse::json(api::to_json(conversations_->create(text_of(body, "title"), settings)), 201);
  });
  router_.add("GET", "/api/conversations/{}", [this](const HttpRequest&, const PathArguments& path) {
    return HttpResponse::json(api::to_json(conversations_->get(path[0])));
  });
  router_.add("PATCH", "/api/conversations/{}", [this](const HttpRequest& request, const PathArguments& path) {
    const auto patch = api::from_json<api::ConversationPatch>(body_object(request));
    if (patch.settings) api::check(*patch.settings);
    return HttpResponse::json(api::to_json(conversations_->patch(path[0], patch)));
  });
  router_.add("GET", "/api/conversations/{}/events", [this](const HttpRequest& request, const PathArguments& path) {
    return HttpResponse::event_stream(conversations_->events(path[0], last_event_id(request)));
  });
  router_.add("POST", "/api/conversations/{}/messages", [this](const HttpRequest& request, const PathArguments& path) {
    const api::Json body = body_object(request);
    return HttpResponse::json(api::to_json(conversations_->send(path[0], text_of(body, "parent"),
                                                                needed_text(body, "text"), text_of(body, "model"))),
                              201);
  });
  router_.add("POST", "/api/conversations/{}/answer", [this](const HttpRequest& request, const PathArguments& path) {
    const api::Json body = body_object(request);
    return HttpResponse::json(
        api::to_json(conversations_->answer(path[0], needed_text(body, "parent"), text_of(body, "model"))), 201);
  });
  router_.add("POST", "/api/conversations/{}/continue", [this](const HttpRequest& request, const PathArguments& path) {
    return HttpResponse::json(
        api::to_json(conversations_->continue_answer(path[0], needed_text(body_object(request), "message"))));
  });
  router_.add("POST", "/api/conversations/{}/stop", [this](const HttpRequest&, const PathArguments& path) {
    return HttpResponse::json({{"stopped", conversations_->stop(path[0])}});
  });
  router_.add(
      "PATCH", "/api/conversations/{}/messages/{}", [this](const HttpRequest& request, const PathArguments& path) {
        const api::Json body = body_object(request);
        const auto deleted = body.find("deleted");
        if (deleted == body.end()) refuse("deleted", "it is missing");
        return HttpResponse::json(
            api::to_json(conversations_->set_message_deleted(path[0], path[1], api::read_bool(*deleted, "deleted"))));
      });
}

}  // namespace diptych::host
