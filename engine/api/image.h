// Pictures: what making one will take, what came of it, the queue, and plots over settings.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/image_model.h"
#include "engine/api/image_settings.h"
#include "engine/api/job.h"
#include "engine/api/telemetry.h"

namespace diptych::api {

struct PromptTokens {
  std::string encoder;  // as in ImageModelInfo::encoders
  int tokens = 0, negative_tokens = 0;
  int window = 0;   // that fit into one
  int windows = 1;  // that the longer of the two takes; T5 reads one, and what is over is cut
};

struct ImageEstimate {                   // POST /api/images/estimate
  std::string model;                     // id
  int width = 0, height = 0, steps = 0;  // completed
  double guidance = 0;
  int64_t memory_bytes = 0;         // the highest of the run, the weights included, from the code that will run
  std::vector<OwnerMemory> owners;  // at that peak
  int64_t free_bytes = 0;
  bool fits = false;
  std::string to_do;  // where it does not fit
  Reading seconds;    // all pictures, from start to files
  Reading seconds_per_step;
  std::vector<PromptTokens> tokens;
};

struct ImageStarted {  // 202 of POST /api/images and /api/images/plot
  std::string job;
  int64_t seed = 0;  // of the first picture
};

struct ImageMetrics {
  std::optional<double> seconds_per_step;
  std::optional<double> text_seconds, denoising_seconds, decoding_seconds;  // of the run that made it
  std::optional<double> gflop_s, bandwidth_gb_s;  // of the denoising; modelled: declared cost over measured time
  std::optional<double> gflop_s_roofline, bandwidth_roofline_gb_s;  // what this machine was measured to do
  std::optional<double> joules;                                     // of the whole run, a picture's share of it
  std::optional<int64_t> peak_memory_bytes, predicted_memory_bytes;
  int batch = 1;  // pictures of the run
  // Where work was left out (`cache`) and the exact picture is in the gallery too: how near it is, and its time.
  std::optional<double> psnr_db, exact_seconds_per_step;

  bool operator==(const ImageMetrics&) const = default;
};

struct ImageInfo {
  std::string id;
  std::string path;  // of the file, on the host's machine
  int64_t created_ms = 0;
  int width = 0, height = 0;
  int64_t seed = 0;
  std::string prompt, negative;
  std::string model;       // id
  ImageSettings settings;  // that make exactly this picture
  Json recipe;             // as it stands in the file
  ImageMetrics metrics;
  bool favourite = false;
  std::optional<int64_t> deleted_ms;
  std::string job;
};

struct ImageList {  // GET /api/images, latest first
  std::vector<ImageInfo> images;
  bool more = false;  // ask again with before=ID of the last one
};

struct ImagePatch {  // PATCH /api/images/{id}
  std::optional<bool> favourite, deleted;
};

struct UploadInfo {
  std::string id;
  int width = 0, height = 0;
};

// Data of a job's "progress" events while it makes pictures.
struct ImageProgress {
  double progress = 0;        // of the whole job
  std::string phase;          // "loading", "text", "denoising", "decoding", "saving"
  int step = 0, steps = 0;    // of this run
  int image = 0, images = 0;  // pictures done, and of the whole job
  std::optional<double> seconds_left;
  std::optional<double> seconds_per_step;
};

struct PreviewMade {  // "preview": GET /api/jobs/{id}/preview has a new one
  int64_t number = 0;
};

struct QueuedImages {
  JobInfo job;
  ImageSettings settings;
  int images = 0;
  std::optional<double> seconds;  // expected, of what is not done yet
};

struct ImageQueue {  // GET /api/images/queue: the running one first, then in the order in which they will run
  std::vector<QueuedImages> jobs;
};

struct Unrestored {
  std::string name, value, why;
};

struct RestoredSettings {  // POST /api/images/recipe
  std::string program;     // that made the picture; empty: it does not say
  ImageSettings settings;
  std::vector<std::string> restored;  // names of settings
  std::vector<Unrestored> missing;
  bool workflow = false;  // a ComfyUI graph came with it; `recipe.workflow` has it
  Json recipe;
};

struct PlotAxis {
  std::string field;  // of ImageSettings: "steps", "guidance", "sampler", "model", "seed", "adapters[0].scale", …
  Json values;        // list; for "prompt" texts that replace the first one where it occurs in the prompt
};

struct PlotRequest {  // POST /api/images/plot and /api/images/plot/estimate
  ImageSettings settings;
  std::vector<PlotAxis> axes;  // 1 to 3: columns, rows, pages
};

struct PlotEstimate {
  int cells = 0, model_loads = 0;
  int64_t memory_bytes = 0, free_bytes = 0;  // of the cell that needs most
  bool fits = false;
  std::string to_do;
  Reading seconds;
};

struct PlotCell {
  std::vector<int> at;  // an index into each axis' values
  std::string image;    // id; empty: not made
  std::optional<ErrorInfo> error;
};

struct Plot {  // a plot job's result, and GET /api/images/plot/{job} while it runs
  ImageSettings settings;
  std::vector<PlotAxis> axes;
  std::vector<PlotCell> cells;  // in the order in which they are made
  std::string grid;             // id of the picture of all cells; empty: not made
};

template <typename V>
void fields(V& v, PromptTokens& x) {
  v("encoder", x.encoder);
  v("tokens", x.tokens);
  v("negative_tokens", x.negative_tokens);
  v("window", x.window);
  v("windows", x.windows);
}

template <typename V>
void fields(V& v, ImageEstimate& x) {
  v("model", x.model);
  v("width", x.width);
  v("height", x.height);
  v("steps", x.steps);
  v("guidance", x.guidance);
  v("memory_bytes", x.memory_bytes);
  v("owners", x.owners);
  v("free_bytes", x.free_bytes);
  v("fits", x.fits);
  v("to_do", x.to_do);
  v("seconds", x.seconds);
  v("seconds_per_step", x.seconds_per_step);
  v("tokens", x.tokens);
}

template <typename V>
void fields(V& v, ImageStarted& x) {
  v("job", x.job);
  v("seed", x.seed);
}

template <typename V>
void fields(V& v, ImageMetrics& x) {
  v("seconds_per_step", x.seconds_per_step);
  v("text_seconds", x.text_seconds);
  v("denoising_seconds", x.denoising_seconds);
  v("decoding_seconds", x.decoding_seconds);
  v("gflop_s", x.gflop_s);
  v("bandwidth_gb_s", x.bandwidth_gb_s);
  v("gflop_s_roofline", x.gflop_s_roofline);
  v("bandwidth_roofline_gb_s", x.bandwidth_roofline_gb_s);
  v("joules", x.joules);
  v("peak_memory_bytes", x.peak_memory_bytes);
  v("predicted_memory_bytes", x.predicted_memory_bytes);
  v("batch", x.batch);
  v("psnr_db", x.psnr_db);
  v("exact_seconds_per_step", x.exact_seconds_per_step);
}

template <typename V>
void fields(V& v, ImageInfo& x) {
  v("id", x.id);
  v("path", x.path);
  v("created_ms", x.created_ms);
  v("width", x.width);
  v("height", x.height);
  v("seed", x.seed);
  v("prompt", x.prompt);
  v("negative", x.negative);
  v("model", x.model);
  v("settings", x.settings);
  v("recipe", x.recipe);
  v("metrics", x.metrics);
  v("favourite", x.favourite);
  v("deleted_ms", x.deleted_ms);
  v("job", x.job);
}

template <typename V>
void fields(V& v, ImageList& x) {
  v("images", x.images);
  v("more", x.more);
}

template <typename V>
void fields(V& v, ImagePatch& x) {
  v("favourite", x.favourite);
  v("deleted", x.deleted);
}

template <typename V>
void fields(V& v, UploadInfo& x) {
  v("id", x.id);
  v("width", x.width);
  v("height", x.height);
}

template <typename V>
void fields(V& v, ImageProgress& x) {
  v("progress", x.progress);
  v("phase", x.phase);
  v("step", x.step);
  v("steps", x.steps);
  v("image", x.image);
  v("images", x.images);
  v("seconds_left", x.seconds_left);
  v("seconds_per_step", x.seconds_per_step);
}

template <typename V>
void fields(V& v, PreviewMade& x) {
  v("number", x.number);
}

template <typename V>
void fields(V& v, QueuedImages& x) {
  v("job", x.job);
  v("settings", x.settings);
  v("images", x.images);
  v("seconds", x.seconds);
}

template <typename V>
void fields(V& v, ImageQueue& x) {
  v("jobs", x.jobs);
}

template <typename V>
void fields(V& v, Unrestored& x) {
  v("name", x.name);
  v("value", x.value);
  v("why", x.why);
}

template <typename V>
void fields(V& v, RestoredSettings& x) {
  v("program", x.program);
  v("settings", x.settings);
  v("restored", x.restored);
  v("missing", x.missing);
  v("workflow", x.workflow);
  v("recipe", x.recipe);
}

template <typename V>
void fields(V& v, PlotAxis& x) {
  v("field", x.field);
  v("values", x.values);
}

template <typename V>
void fields(V& v, PlotRequest& x) {
  v("settings", x.settings);
  v("axes", x.axes);
}

template <typename V>
void fields(V& v, PlotEstimate& x) {
  v("cells", x.cells);
  v("model_loads", x.model_loads);
  v("memory_bytes", x.memory_bytes);
  v("free_bytes", x.free_bytes);
  v("fits", x.fits);
  v("to_do", x.to_do);
  v("seconds", x.seconds);
}

template <typename V>
void fields(V& v, PlotCell& x) {
  v("at", x.at);
  v("image", x.image);
  v("error", x.error);
}

template <typename V>
void fields(V& v, Plot& x) {
  v("settings", x.settings);
  v("axes", x.axes);
  v("cells", x.cells);
  v("grid", x.grid);
}

void check(const PlotRequest& request);

// The settings of one cell. FieldError names a field that there is not, or a value that does not fit it.
ImageSettings plot_cell(const PlotRequest& request, const std::vector<int>& at);

}  // namespace diptych::api
