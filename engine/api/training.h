// Fine-tuning: what can be trained, what its data are like, what a recipe will take, and the runs that do it.
//
// A recipe is JSON with the keys of RECIPE.json (docs/finetuning.md). Here `base` is a model's id or a path, paths are
// absolute, and `output` may be left out: the host then chooses a folder of its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/error.h"
#include "engine/api/fields.h"

namespace diptych::api {

enum class TrainingKind { text, image };
template <>
struct EnumNames<TrainingKind> {
  static constexpr std::array<const char*, 2> names{"text", "image"};
};

struct TrainingBase {
  std::string id, name, path;
  TrainingKind kind = TrainingKind::text;
  std::string architecture, quantization;
  int64_t size_bytes = 0, parameters = 0;  // 0: not known
  bool trainable = false;
  std::string why_not;               // in words, where it is not
  std::vector<std::string> methods;  // that suit it, the usual one first: "lora", "qlora", "full", …
  bool text_encoders = false;        // of an image model: they can be trained, too ("train_text_encoder")
};

struct TrainingBases {  // GET /api/training/bases
  std::vector<TrainingBase> bases;
};

struct RecipeBody {  // of /api/training/data, /presets, /plan and /runs
  Json recipe;
  std::string name;          // of a run, for people; empty: from the recipe
  bool alternatives = true;  // of a plan
  int limit = 100;           // of data: examples and pictures that are shown
  int offset = 0;            // of data: the first picture or example that is shown
};

enum class RunState { queued, running, paused, finished, stopped, failed, interrupted };
template <>
struct EnumNames<RunState> {
  static constexpr std::array<const char*, 7> names{"queued",  "running", "paused",     "finished",
                                                    "stopped", "failed",  "interrupted"};
};

struct TrainingResult {
  std::string run, name;  // the run's name
  TrainingKind kind = TrainingKind::text;
  std::string base;           // id
  std::string method;         // "lora", …
  std::string path;           // what chat and pictures are given as an adapter; of full training the new model
  bool is_adapter = true;     // else whole weights, or …
  bool is_embedding = false;  // … a new word, which means something where its file lies among the embeddings
  std::string token;          // that word
  bool is_final = false;      // else of a checkpoint
  int64_t step = 0;
  int64_t size_bytes = 0;
  int64_t created_ms = 0;
};

struct TrainingResults {  // GET /api/training/results, latest first
  std::vector<TrainingResult> results;
};

struct TrainingRun {
  std::string id, name;
  RunState state = RunState::queued;
  TrainingKind kind = TrainingKind::text;
  std::string base;       // id
  std::string base_path;  // of its file or folder
  Json recipe;            // complete, every default written out
  std::string output;     // folder
  std::string job;        // the one that runs or ran last; its events tell what happens
  int64_t step = 0, steps = 0;
  std::string
      phase;  // while it runs: "waiting", "loading", "data", "encoding", "training", "validating", "sampling", "saving"
  std::optional<double> loss, validation_loss;  // latest
  std::optional<double> seconds_left;
  double seconds = 0;                                           // computed so far
  std::optional<int64_t> memory_bytes, predicted_memory_bytes;  // the largest so far; of the plan
  std::optional<int64_t> checkpoint_step;                       // what resuming goes on from
  std::vector<TrainingResult> results;                          // the final one first, then by step, latest first
  std::optional<ErrorInfo> error;                               // why it failed
  int64_t created_ms = 0, started_ms = 0, ended_ms = 0;         // 0: not yet
  std::optional<int64_t> deleted_ms;
  int64_t revision = 0;  // grows with each change: of two copies, which may arrive in any order, the later one
};

struct TrainingRuns {  // GET /api/training/runs, latest first
  std::vector<TrainingRun> runs;
};

struct TrainingRunPatch {
  std::optional<std::string> name;
  std::optional<bool> deleted;  // can be restored for 30 days, then entry and output folder go
};

// One step: data of a run's "step" events, and the rows of its metrics.
struct TrainingStep {
  int64_t step = 0, steps = 0;  // from 1
  std::optional<double> loss;   // null: not finite
  std::optional<double> grad_norm;
  double learning_rate = 0;
  std::optional<double> tokens_per_s, images_per_s;
  int64_t memory_bytes = 0;                       // the largest so far
  std::optional<int64_t> predicted_memory_bytes;  // only in events
  std::optional<double> validation_loss;          // at the steps that have one
  std::optional<double> seconds_left;             // only in events
};

struct TrainingMetrics {  // GET /api/training/runs/{id}/metrics?after=STEP&limit=N
  std::vector<TrainingStep> steps;
};

// What the model does with a prompt after some steps, beside what it did before training, with the same seed.
struct TrainingSample {
  int64_t step = 0;
  int index = 0;  // of the prompt
  std::string prompt;
  int64_t seed = 0;
  std::string text, baseline_text;    // of language models
  std::string image, baseline_image;  // of image models: names for /api/training/runs/{id}/samples/{name}
};

struct TrainingSamples {  // GET /api/training/runs/{id}/samples
  std::vector<TrainingSample> samples;
};

struct TrainingNote {  // "note" events
  std::string text;
  std::optional<ErrorInfo> error;  // something that did not work, while the run goes on
};

struct TrainingCheckpoint {  // "checkpoint" events
  int64_t step = 0;
  std::string path;
};

struct CompareBody {  // POST /api/training/runs/{id}/compare
  std::string prompt;
  std::optional<int64_t> seed;  // none: a fresh one
  double scale = 1;             // of the adapter; a word has none
  std::string result;           // a result's path; empty: the final one, or the latest
  int max_tokens = 200;         // of text
  Json settings;                // of pictures: ImageSettings that are not the model's usual ones; or null
};

struct CompareStarted {             // 202: two jobs with the same seed, which end as answers and pictures do
  std::string base_job, tuned_job;  // text: `grew` events and the result {"text"}; pictures: `image` events
  int64_t seed = 0;
};

enum class ExportFormat { peft, kohya, diffusers, gguf, merged };
template <>
struct EnumNames<ExportFormat> {
  static constexpr std::array<const char*, 5> names{"peft", "kohya", "diffusers", "gguf", "merged"};
};

struct KeepBody {      // POST /api/training/runs/{id}/keep: of a new word
  std::string result;  // as in CompareBody
};

struct KeptWord {    // its answer: prompts of every image model that the word suits know it from now on
  std::string word;  // as prompts name it: the run's, or with a number where another one is called so
  std::string path;  // among the embeddings of the library
};

struct ExportBody {  // POST /api/training/runs/{id}/export: 202 {"job"}, whose result is {"path", "size_bytes"}
  ExportFormat format = ExportFormat::peft;
  std::string folder;  // that exists; what is written gets the run's name (a word's file its own) and replaces nothing
  std::string result;  // as in CompareBody
  std::string dtype = "f32";  // "f32", "f16", "bf16"; of quantized matrices in a merged GGUF "q8_0" and such
};

template <typename V>
void fields(V& v, TrainingBase& x) {
  v("id", x.id);
  v("name", x.name);
  v("path", x.path);
  v("kind", x.kind);
  v("architecture", x.architecture);
  v("quantization", x.quantization);
  v("size_bytes", x.size_bytes);
  v("parameters", x.parameters);
  v("trainable", x.trainable);
  v("why_not", x.why_not);
  v("methods", x.methods);
  v("text_encoders", x.text_encoders);
}

template <typename V>
void fields(V& v, TrainingBases& x) {
  v("bases", x.bases);
}

template <typename V>
void fields(V& v, RecipeBody& x) {
  v("recipe", x.recipe);
  v("name", x.name);
  v("alternatives", x.alternatives);
  v("limit", x.limit);
  v("offset", x.offset);
}

template <typename V>
void fields(V& v, TrainingResult& x) {
  v("run", x.run);
  v("name", x.name);
  v("kind", x.kind);
  v("base", x.base);
  v("method", x.method);
  v("path", x.path);
  v("is_adapter", x.is_adapter);
  v("is_embedding", x.is_embedding);
  v("token", x.token);
  v("is_final", x.is_final);
  v("step", x.step);
  v("size_bytes", x.size_bytes);
  v("created_ms", x.created_ms);
}

template <typename V>
void fields(V& v, TrainingResults& x) {
  v("results", x.results);
}

template <typename V>
void fields(V& v, TrainingRun& x) {
  v("id", x.id);
  v("name", x.name);
  v("state", x.state);
  v("kind", x.kind);
  v("base", x.base);
  v("base_path", x.base_path);
  v("recipe", x.recipe);
  v("output", x.output);
  v("job", x.job);
  v("step", x.step);
  v("steps", x.steps);
  v("phase", x.phase);
  v("loss", x.loss);
  v("validation_loss", x.validation_loss);
  v("seconds_left", x.seconds_left);
  v("seconds", x.seconds);
  v("memory_bytes", x.memory_bytes);
  v("predicted_memory_bytes", x.predicted_memory_bytes);
  v("checkpoint_step", x.checkpoint_step);
  v("results", x.results);
  v("error", x.error);
  v("created_ms", x.created_ms);
  v("started_ms", x.started_ms);
  v("ended_ms", x.ended_ms);
  v("deleted_ms", x.deleted_ms);
  v("revision", x.revision);
}

template <typename V>
void fields(V& v, TrainingRuns& x) {
  v("runs", x.runs);
}

template <typename V>
void fields(V& v, TrainingRunPatch& x) {
  v("name", x.name);
  v("deleted", x.deleted);
}

template <typename V>
void fields(V& v, TrainingStep& x) {
  v("step", x.step);
  v("steps", x.steps);
  v("loss", x.loss);
  v("grad_norm", x.grad_norm);
  v("learning_rate", x.learning_rate);
  v("tokens_per_s", x.tokens_per_s);
  v("images_per_s", x.images_per_s);
  v("memory_bytes", x.memory_bytes);
  v("predicted_memory_bytes", x.predicted_memory_bytes);
  v("validation_loss", x.validation_loss);
  v("seconds_left", x.seconds_left);
}

template <typename V>
void fields(V& v, TrainingMetrics& x) {
  v("steps", x.steps);
}

template <typename V>
void fields(V& v, TrainingSample& x) {
  v("step", x.step);
  v("index", x.index);
  v("prompt", x.prompt);
  v("seed", x.seed);
  v("text", x.text);
  v("baseline_text", x.baseline_text);
  v("image", x.image);
  v("baseline_image", x.baseline_image);
}

template <typename V>
void fields(V& v, TrainingSamples& x) {
  v("samples", x.samples);
}

template <typename V>
void fields(V& v, TrainingNote& x) {
  v("text", x.text);
  v("error", x.error);
}

template <typename V>
void fields(V& v, TrainingCheckpoint& x) {
  v("step", x.step);
  v("path", x.path);
}

template <typename V>
void fields(V& v, CompareBody& x) {
  v("prompt", x.prompt);
  v("seed", x.seed);
  v("scale", x.scale);
  v("result", x.result);
  v("max_tokens", x.max_tokens);
  v("settings", x.settings);
}

template <typename V>
void fields(V& v, CompareStarted& x) {
  v("base_job", x.base_job);
  v("tuned_job", x.tuned_job);
  v("seed", x.seed);
}

template <typename V>
void fields(V& v, KeepBody& x) {
  v("result", x.result);
}

template <typename V>
void fields(V& v, KeptWord& x) {
  v("word", x.word);
  v("path", x.path);
}

template <typename V>
void fields(V& v, ExportBody& x) {
  v("format", x.format);
  v("folder", x.folder);
  v("result", x.result);
  v("dtype", x.dtype);
}

void check(const RecipeBody& body);   // FieldError
void check(const CompareBody& body);  // FieldError
void check(const ExportBody& body);   // FieldError

bool is_active(RunState state);           // queued or running
bool can_resume(const TrainingRun& run);  // paused, stopped, failed or interrupted, and not deleted

}  // namespace diptych::api
