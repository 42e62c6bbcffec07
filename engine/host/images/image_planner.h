// What an image run will take, before anything is loaded: memory from the meta device, time from the speed of the same
// model's last run, or from the measured roofline.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/host/images/gallery.h"
#include "engine/host/images/image_loader.h"
#include "engine/host/models/model_manager.h"

namespace diptych::host {

// The model and files that settings name; no model where a picture is enlarged alone.
struct ImageTarget {
  std::string id;
  ImageModelFiles files;
};

struct ImagePlan {
  ImageTarget target;
  ImagePrediction prediction;  // of one run
  api::Reading run_seconds, step_seconds;
  int64_t free_bytes = 0;
  bool fits = false;
};

struct ImagePlannerServices {
  const ImageLoader& loader;
  ModelManager& models;
  Gallery& gallery;
  WriteQueue& writer;
  Reader& reader;
  std::function<int64_t()> free_bytes;  // what this process may take, the loaded image model's memory included
  std::function<Roofline()> roofline;
};

class ImagePlanner {
 public:
  explicit ImagePlanner(ImagePlannerServices services) : services_(std::move(services)) {}

  // Error: not_found, unsupported (no image model), unavailable (none is named and none is there).
  ImageTarget target(const api::ImageSettings& settings);
  // The pictures that they name, from the gallery and the uploads.
  std::map<std::string, Image8> pictures(const api::ImageSettings& settings);

  // The control models, image prompts, adapters and upscalers that they name, for a model.
  std::map<std::string, std::filesystem::path> files(const ImageTarget& target, const api::ImageSettings& settings);

  ImagePlan plan(const api::ImageSettings& settings);
  api::ImageEstimate estimate(const api::ImageSettings& settings);
  api::PlotEstimate estimate(const api::PlotRequest& request);

  // Error (out_of_memory): needed, free, what to do.
  void refuse_if_too_large(const ImagePlan& plan, const api::ImageSettings& settings);

  void used(const std::string& model);  // the one to take where none is named
  void measured(const std::string& model, const api::ImageSettings& settings, const ImageRunResult& result);

 private:
  ImagePrediction predict(const ImageTarget& target, const api::ImageSettings& settings);
  ImageSpeeds speeds_of(const std::string& model);
  void remember(const std::string& model, const ImageSpeeds& speeds);
  std::string advice(const ImagePlan& plan, const api::ImageSettings& settings);

  ImagePlannerServices services_;
  std::mutex mutex_;
  std::string last_model_;
  std::map<std::string, ImageSpeeds> speeds_;
};

// The indices of a plot's cells in the order in which they are made: those with the same weights together.
std::vector<std::vector<int>> plot_order(const api::PlotRequest& request);

}  // namespace diptych::host
