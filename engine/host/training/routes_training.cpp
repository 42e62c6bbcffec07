// /api/training.
#include "engine/core/error.h"
#include "engine/host/training/training.h"
#include "engine/host/training/training_captions.h"
#include "engine/host/training/training_data.h"
#include "engine/host/training/training_import.h"
#include "engine/host/training/training_results.h"
#include "engine/host/training/training_samples.h"
#include "engine/host/training/training_word.h"
#include "engine/io/files/atomic_file.h"

namespace diptych::host {
namespace {

constexpr uint64_t most_sample_bytes = 256u << 20;

api::RecipeBody recipe_body(const HttpRequest& request) {
  auto body = api::from_json<api::RecipeBody>(body_object(request));
  api::check(body);
  return body;
}

HttpResponse file_response(std::string bytes, const std::string& content_type) {
  HttpResponse response;
  response.content_type = content_type;
  response.body = std::move(bytes);
  return response;
}

// A name of a sample's picture, and no way out of its folder.
std::filesystem::path sample_path(const api::TrainingRun& run, const std::string& name) {
  const std::filesystem::path file = std::filesystem::path(run.output) / "samples" / name;
  std::error_code error;
  const bool plain = !name.empty() && name.find('/') == std::string::npos && name.front() != '.';
  if (plain && std::filesystem::is_regular_file(file, error)) return file;
  throw Error(ErrorCategory::not_found, "cannot find sample", name.substr(0, 100), "the run has none of this name",
              "list its samples");
}

}  // namespace

void Training::add_routes(Router& router) {
  add_planning_routes(router);
  add_run_routes(router);
  add_result_routes(router);
}

void Training::add_planning_routes(Router& router) {
  router.add("GET", "/api/training/bases", [this](const HttpRequest&, const PathArguments&) {
    return HttpResponse::json(api::to_json(bases_.list()));
  });
  router.add("GET", "/api/training/examples", [this](const HttpRequest&, const PathArguments&) {
    return HttpResponse::json(api::to_json(read_training_examples(training_examples_dir(), services_.models)));
  });
  router.add("POST", "/api/training/import", [this](const HttpRequest& request, const PathArguments&) {
    const auto body = api::from_json<api::ImportBody>(body_object(request));
    return HttpResponse::json(api::to_json(import_recipe(body.path, services_.models)));
  });
  router.add("POST", "/api/training/data", [this](const HttpRequest& request, const PathArguments&) {
    const api::RecipeBody body = recipe_body(request);
    const TrainingTarget target = target_of(body);
    const std::lock_guard lock(pool_mutex_);
    return HttpResponse::json(api::to_json(data_report(target, body.offset, body.limit, pool_)));
  });
  router.add("GET", "/api/training/thumbnail", [](const HttpRequest& request, const PathArguments&) {
    const int size = static_cast<int>(query_integer(request, "size", 256, 32, 1024));
    return file_response(picture_thumbnail(request.argument("path"), size), "image/jpeg");
  });
  router.add("PUT", "/api/training/captions", [](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(edit_caption(api::from_json<api::CaptionEdit>(body_object(request)))));
  });
  router.add("POST", "/api/training/presets", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(presets(recipe_body(request))));
  });
  router.add("POST", "/api/training/word", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(word_report(*services_.registry, target_of(recipe_body(request)))));
  });
  router.add("POST", "/api/training/plan", [this](const HttpRequest& request, const PathArguments&) {
    const api::RecipeBody body = recipe_body(request);
    return HttpResponse::json(api::to_json(planner_.plan(target_of(body), body.alternatives)));
  });
}

void Training::add_run_routes(Router& router) {
  router.add("POST", "/api/training/runs", [this](const HttpRequest& request, const PathArguments&) {
    const api::RecipeBody body = recipe_body(request);
    return HttpResponse::json(api::to_json(runs_.start(body.recipe, body.name)), 202);
  });
  router.add("GET", "/api/training/runs", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(runs_.list(query_integer(request, "deleted", 0, 0, 1) == 1)));
  });
  router.add("GET", "/api/training/runs/{}", [this](const HttpRequest&, const PathArguments& path) {
    return HttpResponse::json(api::to_json(runs_.get(path[0])));
  });
  router.add("PATCH", "/api/training/runs/{}", [this](const HttpRequest& request, const PathArguments& path) {
    const auto patch = api::from_json<api::TrainingRunPatch>(body_object(request));
    return HttpResponse::json(api::to_json(runs_.patch(path[0], patch)));
  });
  const auto ask = [&](const std::string& what, api::TrainingRun (TrainingRuns::*method)(const std::string&),
                       int status) {
    router.add("POST", "/api/training/runs/{}/" + what,
               [this, method, status](const HttpRequest&, const PathArguments& path) {
                 return HttpResponse::json(api::to_json((runs_.*method)(path[0])), status);
               });
  };
  ask("pause", &TrainingRuns::pause, 200);
  ask("resume", &TrainingRuns::resume, 202);
  ask("stop", &TrainingRuns::stop, 200);
  ask("sample", &TrainingRuns::sample, 200);
  ask("save", &TrainingRuns::save, 200);
}

void Training::add_result_routes(Router& router) {
  router.add("GET", "/api/training/runs/{}/metrics", [this](const HttpRequest& request, const PathArguments& path) {
    const api::TrainingRun run = runs_.get(path[0]);
    const int64_t after = query_integer(request, "after", 0, 0, int64_t{1} << 40);
    const int64_t limit = query_integer(request, "limit", 100'000, 1, 1'000'000);
    return HttpResponse::json(api::to_json(read_training_metrics(run.output, after, limit, run.steps)));
  });
  router.add("GET", "/api/training/runs/{}/samples", [this](const HttpRequest&, const PathArguments& path) {
    return HttpResponse::json(api::to_json(read_training_samples(runs_.get(path[0]).output)));
  });
  router.add("GET", "/api/training/runs/{}/samples/{}", [this](const HttpRequest&, const PathArguments& path) {
    return file_response(read_text_file(sample_path(runs_.get(path[0]), path[1]), most_sample_bytes), "image/png");
  });
  router.add("POST", "/api/training/runs/{}/compare", [this](const HttpRequest& request, const PathArguments& path) {
    const auto body = api::from_json<api::CompareBody>(body_object(request));
    api::check(body);
    return HttpResponse::json(api::to_json(compare(runs_.get(path[0]), body)), 202);
  });
  router.add("POST", "/api/training/runs/{}/keep", [this](const HttpRequest& request, const PathArguments& path) {
    const auto body = api::from_json<api::KeepBody>(body_object(request));
    return HttpResponse::json(api::to_json(keep(runs_.get(path[0]), body)));
  });
  router.add("POST", "/api/training/runs/{}/export", [this](const HttpRequest& request, const PathArguments& path) {
    const auto body = api::from_json<api::ExportBody>(body_object(request));
    api::check(body);
    const api::TrainingRun run = runs_.get(path[0]);
    return HttpResponse::json({{"job", exports_.start(run, result_of(run, body.result), body)}}, 202);
  });
  router.add("GET", "/api/training/results", [this](const HttpRequest&, const PathArguments&) {
    return HttpResponse::json(api::to_json(runs_.results()));
  });
}

}  // namespace diptych::host
