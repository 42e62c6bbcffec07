// /api/images: the gallery and uploads.
#include <utility>

#include "engine/host/host.h"

namespace diptych::host {
namespace {

HttpResponse as_file(PictureFile file) {
  HttpResponse response;
  response.content_type = std::move(file.content_type);
  response.body = std::move(file.bytes);
  return response;
}

}  // namespace

void Host::add_gallery_routes() {
  router_.add("POST", "/api/images/uploads", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(gallery_->uploads().add(request.body)), 201);
  });
  router_.add("GET", "/api/images/uploads/{}",
              [this](const HttpRequest&, const PathArguments& path) { return as_file(gallery_->upload(path[0])); });
  router_.add("GET", "/api/images", [this](const HttpRequest& request, const PathArguments&) {
    store::ImageListOptions options;
    options.query = request.argument("q");
    options.deleted = query_integer(request, "deleted", 0, 0, 1) == 1;
    options.job = request.argument("job");
    options.before = request.argument("before");
    options.limit = query_integer(request, "limit", 100, 1, 1000);
    if (!request.argument("favourite").empty()) options.favourite = query_integer(request, "favourite", 0, 0, 1) == 1;
    return HttpResponse::json(api::to_json(gallery_->list(options)));
  });
  router_.add("GET", "/api/images/{}", [this](const HttpRequest&, const PathArguments& path) {
    return HttpResponse::json(api::to_json(gallery_->get(path[0])));
  });
  router_.add("PATCH", "/api/images/{}", [this](const HttpRequest& request, const PathArguments& path) {
    const auto patch = api::from_json<api::ImagePatch>(body_object(request));
    return HttpResponse::json(api::to_json(gallery_->patch(path[0], patch)));
  });
  router_.add("GET", "/api/images/{}/file",
              [this](const HttpRequest&, const PathArguments& path) { return as_file(gallery_->file(path[0])); });
  router_.add("GET", "/api/images/{}/thumbnail", [this](const HttpRequest& request, const PathArguments& path) {
    return as_file(gallery_->thumbnail(path[0], static_cast<int>(query_integer(request, "size", 256, 32, 1024))));
  });
}

}  // namespace diptych::host
