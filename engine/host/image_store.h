// Pictures of the gallery, waiting image jobs and measured speeds in the database. Functions that change something run
// inside a transaction of the caller.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/api/image.h"
#include "engine/host/database.h"

namespace diptych::host {

// How fast a model's last run was, by what its ops declared.
struct ImageSpeeds {
  double text_gflop_s = 0, denoising_gflop_s = 0, decoding_gflop_s = 0;  // 0: not known
};

template <typename V>
void fields(V& v, ImageSpeeds& x) {
  v("text_gflop_s", x.text_gflop_s);
  v("denoising_gflop_s", x.denoising_gflop_s);
  v("decoding_gflop_s", x.decoding_gflop_s);
}

namespace store {

struct ImageListOptions {
  std::string query;  // as of conversations, over prompt, negative prompt and model
  std::optional<bool> favourite;
  bool deleted = false;
  std::string job;     // empty: of any
  std::string before;  // id: only what comes behind it in the list
  int64_t limit = 100;
};
std::vector<api::ImageInfo> list_images(Database& database, const ImageListOptions& options);

void insert_image(Database& database, const api::ImageInfo& image);
std::optional<api::ImageInfo> find_image(Database& database, const std::string& id);
// The newest of the same model, prompt, seed and size, not deleted; at most some.
std::vector<api::ImageInfo> find_relatives(Database& database, const api::ImageInfo& image);
void write_metrics(Database& database, const std::string& id, const api::ImageMetrics& metrics);
void patch_image(Database& database, const std::string& id, const api::ImagePatch& patch, int64_t time_ms);
std::vector<api::ImageInfo> images_deleted_before(Database& database, int64_t time_ms);
void remove_image(Database& database, const std::string& id);
bool names_upload(Database& database, const std::string& upload);  // some picture's settings do

// The order in which image jobs wait.
void write_image_queue(Database& database, const std::vector<std::string>& jobs);
std::vector<api::JobInfo> waiting_image_jobs(Database& database);

std::optional<ImageSpeeds> read_speeds(Database& database, const std::string& model);
void write_speeds(Database& database, const std::string& model, const ImageSpeeds& speeds);

}  // namespace store
}  // namespace diptych::host
