// /api/models and /v1/models.
#include "engine/host/host.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

std::string model_of(const api::Json& body) {
  std::string model;
  api::FieldReader reader(body, "");
  reader("model", model);
  if (model.empty()) refuse("model", "it is missing");
  return model;
}

}  // namespace

void Host::add_model_routes() {
  router_.add("GET", "/api/models", [this](const HttpRequest&, const PathArguments&) {
    api::ModelList list;
    list.models = models_->list();
    list.catalogue = fetches_->catalogue();
    return HttpResponse::json(api::to_json(list));
  });
  router_.add("GET", "/v1/models", [this](const HttpRequest&, const PathArguments&) {
    api::Json data = api::Json::array();
    for (const api::ModelInfo& model : models_->list()) {
      if (model.state == api::ModelState::failed) continue;
      data.push_back({{"id", model.id}, {"object", "model"}, {"created", started_ms_ / 1000}, {"owned_by", "diptych"}});
    }
    return HttpResponse::json({{"object", "list"}, {"data", std::move(data)}});
  });
  router_.add("POST", "/api/models/load", [this](const HttpRequest& request, const PathArguments&) {
    const auto wanted = api::from_json<api::LoadRequest>(body_object(request));
    api::check(wanted);
    const auto started = models_->load(wanted);
    return HttpResponse::json({{"model", api::to_json(started.model)}, {"job", started.job}}, 202);
  });
  router_.add("POST", "/api/models/cancel_load", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(models_->cancel_load(models_->resolve(model_of(body_object(request))))));
  });
  router_.add("POST", "/api/models/unload", [this](const HttpRequest& request, const PathArguments&) {
    const std::string id = models_->resolve(model_of(body_object(request)));
    // Whatever is written with it, or waits for it, is stopped first.
    for (const api::JobInfo& info : jobs_->active()) {
      const auto job = jobs_->find(info.id);
      if (job && info.subject.is_object() && info.subject.value("model", "") == id) job->cancel.cancel();
    }
    if (image_worker_ && models_->info(id).kind == api::ModelKind::image) {
      queue_->post([this] { image_worker_->unload(); });
      return HttpResponse::json(api::to_json(models_->info(id)));
    }
    return HttpResponse::json(api::to_json(models_->unload(id)));
  });
  router_.add("POST", "/api/models/keep_alive", [this](const HttpRequest& request, const PathArguments&) {
    const api::Json body = body_object(request);
    const auto seconds = body.find("seconds");
    if (seconds == body.end()) refuse("seconds", "it is missing");
    const auto value = static_cast<int>(api::read_integer(*seconds, "seconds", 0, 1 << 30));
    return HttpResponse::json(api::to_json(models_->set_keep_alive(models_->resolve(model_of(body)), value)));
  });
  router_.add("POST", "/api/models/get", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json({{"job", fetches_->start(model_of(body_object(request)))}}, 202);
  });
}

}  // namespace diptych::host
