// /api/images: models, estimates, jobs, the queue, plots, and OpenAI's endpoints.
#include "engine/host/errors.h"
#include "engine/host/host.h"
#include "engine/host/image_files.h"
#include "engine/host/image_recipes.h"

namespace diptych::host {
namespace {

HttpResponse picture_response(PictureFile file) {
  HttpResponse response;
  response.content_type = std::move(file.content_type);
  response.body = std::move(file.bytes);
  return response;
}

api::ImageSettings settings_of(const HttpRequest& request) {
  auto settings = api::from_json<api::ImageSettings>(body_object(request));
  api::check(settings);
  return settings;
}

api::PlotRequest plot_request_of(const HttpRequest& request) {
  auto plot = api::from_json<api::PlotRequest>(body_object(request));
  api::check(plot);
  return plot;
}

}  // namespace

void Host::add_image_routes() {
  const auto described = [this](const api::ImageSettings& settings) {
    const ImageTarget target = planner_->target(settings);
    api::ImageModelInfo info = options_.image_loader->info(target.files);
    info.id = target.id;
    models_->set_image_memory(target.id, info.weights_bytes);
    return HttpResponse::json(api::to_json(info));
  };
  router_.add("GET", "/api/images/models/{*}", [described](const HttpRequest&, const PathArguments& path) {
    api::ImageSettings named;
    named.model = path[0];
    return described(named);
  });
  router_.add("POST", "/api/images/models", [described](const HttpRequest& request, const PathArguments&) {
    return described(settings_of(request));
  });
  router_.add("GET", "/api/images/files", [this](const HttpRequest&, const PathArguments&) {
    return HttpResponse::json(api::to_json(image_files(options_.describe)));
  });
  router_.add("POST", "/api/images/estimate", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(planner_->estimate(settings_of(request))));
  });
  router_.add("POST", "/api/images", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(image_jobs_->start(settings_of(request))), 202);
  });
  router_.add("GET", "/api/images/queue", [this](const HttpRequest&, const PathArguments&) {
    return HttpResponse::json(api::to_json(image_jobs_->queue()));
  });
  router_.add("POST", "/api/images/queue", [this](const HttpRequest& request, const PathArguments&) {
    const api::Json body = body_object(request);
    std::vector<std::string> jobs;
    api::FieldReader reader(body, "");
    reader("jobs", jobs);
    image_jobs_->reorder(jobs);
    return HttpResponse::json(api::to_json(image_jobs_->queue()));
  });
  router_.add("GET", "/api/jobs/{}/preview", [this](const HttpRequest&, const PathArguments& path) {
    auto preview = image_worker_->preview(path[0]);
    if (!preview) {
      throw Error(ErrorCategory::not_found, "cannot show a preview", path[0].substr(0, 100), "this job has none now",
                  "wait for its event 'preview'");
    }
    HttpResponse response = picture_response({std::move(preview->png), "image/png"});
    response.headers["Diptych-Preview"] = std::to_string(preview->number);
    response.headers["Cache-Control"] = "no-store";
    return response;
  });
  router_.add("POST", "/api/images/recipe", [this](const HttpRequest& request, const PathArguments&) {
    const auto has_picture = [this](const std::string& id) {
      try {
        gallery_->size_of(id);
        return true;
      } catch (const Error&) {
        return false;
      }
    };
    return HttpResponse::json(api::to_json(
        restore_settings(request.body, {models_->list(), image_files(options_.describe).files, has_picture})));
  });
  router_.add("POST", "/api/images/plot/estimate", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(planner_->estimate(plot_request_of(request))));
  });
  router_.add("POST", "/api/images/plot", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(image_jobs_->start(plot_request_of(request))), 202);
  });
  router_.add("GET", "/api/images/plot/{}", [this](const HttpRequest&, const PathArguments& path) {
    if (const auto plot = image_jobs_->plot(path[0])) return HttpResponse::json(api::to_json(*plot));
    const auto live = jobs_->find(path[0]);
    const auto job = live ? std::optional(live->info())
                          : reader_->read([&](Database& database) { return store::find_job(database, path[0]); });
    if (job && job->result.is_object() && job->result.contains("cells")) return HttpResponse::json(job->result);
    throw Error(ErrorCategory::not_found, "cannot find plot", path[0].substr(0, 100), "there is none of this id",
                "list the jobs; those that ended more than a week ago are forgotten");
  });
  router_.add("POST", "/v1/images/generations",
              [this](const HttpRequest& request, const PathArguments&) { return openai_images_->generate(request); });
  router_.add("POST", "/v1/images/edits",
              [this](const HttpRequest& request, const PathArguments&) { return openai_images_->edit(request); });
}

}  // namespace diptych::host
