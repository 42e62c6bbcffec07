// Before a run: its data judged, goals as recipes, and what a recipe will take.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/fields.h"
#include "engine/api/telemetry.h"
#include "engine/api/training.h"

namespace diptych::api {

struct DataPiece {
  std::string text;
  bool learnt = false;  // its tokens count in the loss
};

struct DataExample {
  std::string file, place;          // "chat.jsonl", "line 12"
  std::vector<DataPiece> pieces;    // the text as the model reads it, markers of its template included
  std::vector<DataPiece> rejected;  // of a preference: the worse answer; else empty
  int64_t tokens = 0, learnt_tokens = 0;
  bool held_out = false;  // for validation
};

struct DataPicture {
  std::string file;  // path; a thumbnail is at /api/training/thumbnail?path=…
  int width = 0, height = 0;
  int bucket_width = 0, bucket_height = 0;  // the size that it is trained in
  std::string caption;
  int64_t repeats = 1;
  bool regularization = false, masked = false, held_out = false;
  double sharpness = 0;               // variance of the Laplacian; blurred below 100
  std::vector<std::string> warnings;  // "it looks like …", "it is blurred", …
};

struct DataRejected {
  std::string file, place, reason;
};

struct DataWarning {
  std::string file, place;  // place: empty of pictures
  std::string text;         // "it says what chat.jsonl, line 3 says"
};

struct DataNote {
  std::string text;
  int64_t count = 0;
};

struct HistogramBin {
  int64_t from = 0, to = 0;  // tokens, `to` left out; of pictures: pixels of the longer side
  int64_t count = 0;
};

struct DataBucket {
  int width = 0, height = 0;
  int64_t pictures = 0;
};

struct DataReport {  // POST /api/training/data
  TrainingKind kind = TrainingKind::text;
  bool usable = false;             // there is something to learn from
  std::optional<ErrorInfo> error;  // why not
  int64_t records = 0;             // read and usable: texts or pictures, held out ones included
  int64_t examples = 0;            // to learn from
  int64_t held_out = 0;            // for validation
  int64_t tokens = 0, learnt_tokens = 0;
  int64_t shortest = 0, median = 0, p95 = 0, longest = 0;  // tokens of a record
  int64_t overlong = 0, cut_tokens = 0;                    // longer than the sequence; what is lost so
  int64_t duplicates = 0, blurred = 0;
  int64_t uncaptioned = 0;  // pictures
  double steps_per_epoch = 0;
  std::vector<HistogramBin> lengths;
  std::vector<DataBucket> buckets;
  std::vector<DataExample> shown;     // `limit` from `offset`
  std::vector<DataPicture> pictures;  // `limit` from `offset`
  int64_t rejected_count = 0;
  std::vector<DataRejected> rejected;  // at most 1000
  std::vector<DataWarning> warnings;   // at most 1000
  std::vector<DataNote> notes;
};

struct CaptionEdit {                   // PUT /api/training/captions; answers with `before` filled in
  std::string file;                    // the picture's path
  std::optional<std::string> caption;  // null: none beside it
  std::optional<std::string> before;   // what was beside it; sent again as `caption` it undoes the edit
};

struct GoalPreset {
  std::string name;                  // "style", "character", "word", "domain", "tone"
  std::string title;                 // "A style"
  std::string explanation;           // what it teaches and what data it wants
  std::vector<std::string> reasons;  // for the values that were chosen: "1,200 steps: 15 per picture …"
  bool recommended = false;
  Json recipe;  // complete: the body's recipe with the goal's values
};

struct GoalPresets {  // POST /api/training/presets
  std::vector<GoalPreset> presets;
};

struct WordReport {  // POST /api/training/word: the recipe's token, before it is learnt
  std::string word;
  std::optional<ErrorInfo> error;  // why it cannot be one, or cannot begin so
  int64_t start_tokens = 0;        // of what it begins as
  int64_t captions = 0;            // of the pictures to learn from …
  int64_t named = 0;               // … and those that name it, with the recipe's prefix
};

struct PlanAlternative {
  std::string name;  // "recompute", "smaller_batch", "shorter_sequence", "qlora", "lower_rank", "lower_resolution",
                     // "optimizer_8bit", "all": all of the others that help
  std::string text;  // for people: "Compute activations again on the way back"
  std::string cost;  // "a third slower, the same result"
  Json changes;      // values of the recipe that differ (merge patch, RFC 7396)
  int64_t memory_bytes = 0;
  bool fits = false;
  Reading seconds;
};

struct TrainingPlan {  // POST /api/training/plan
  TrainingKind kind = TrainingKind::text;
  int64_t memory_bytes = 0;                    // peak of the run, the weights included, from the code that will run
  std::vector<OwnerMemory> owners;             // at that peak: weights, activations, gradients, optimizer, workspace
  int64_t capacity_bytes = 0, free_bytes = 0;  // of this machine
  bool fits = false;
  std::string to_do;  // where it does not fit
  int64_t steps = 0;
  int64_t trained_parameters = 0;
  Reading seconds, seconds_per_step;
  Reading tokens_per_s, images_per_s;  // one of them
  Reading joules;
  int64_t result_bytes = 0, checkpoint_bytes = 0;
  int64_t disk_bytes = 0, disk_free_bytes = 0;  // checkpoints, result and samples together; in the output's folder
  bool fits_disk = false;
  std::vector<PlanAlternative> alternatives;  // those that take less memory
};

template <typename V>
void fields(V& v, DataPiece& x) {
  v("text", x.text);
  v("learnt", x.learnt);
}

template <typename V>
void fields(V& v, DataExample& x) {
  v("file", x.file);
  v("place", x.place);
  v("pieces", x.pieces);
  v("rejected", x.rejected);
  v("tokens", x.tokens);
  v("learnt_tokens", x.learnt_tokens);
  v("held_out", x.held_out);
}

template <typename V>
void fields(V& v, DataPicture& x) {
  v("file", x.file);
  v("width", x.width);
  v("height", x.height);
  v("bucket_width", x.bucket_width);
  v("bucket_height", x.bucket_height);
  v("caption", x.caption);
  v("repeats", x.repeats);
  v("regularization", x.regularization);
  v("masked", x.masked);
  v("held_out", x.held_out);
  v("sharpness", x.sharpness);
  v("warnings", x.warnings);
}

template <typename V>
void fields(V& v, DataRejected& x) {
  v("file", x.file);
  v("place", x.place);
  v("reason", x.reason);
}

template <typename V>
void fields(V& v, DataWarning& x) {
  v("file", x.file);
  v("place", x.place);
  v("text", x.text);
}

template <typename V>
void fields(V& v, DataNote& x) {
  v("text", x.text);
  v("count", x.count);
}

template <typename V>
void fields(V& v, HistogramBin& x) {
  v("from", x.from);
  v("to", x.to);
  v("count", x.count);
}

template <typename V>
void fields(V& v, DataBucket& x) {
  v("width", x.width);
  v("height", x.height);
  v("pictures", x.pictures);
}

template <typename V>
void fields(V& v, DataReport& x) {
  v("kind", x.kind);
  v("usable", x.usable);
  v("error", x.error);
  v("records", x.records);
  v("examples", x.examples);
  v("held_out", x.held_out);
  v("tokens", x.tokens);
  v("learnt_tokens", x.learnt_tokens);
  v("shortest", x.shortest);
  v("median", x.median);
  v("p95", x.p95);
  v("longest", x.longest);
  v("overlong", x.overlong);
  v("cut_tokens", x.cut_tokens);
  v("duplicates", x.duplicates);
  v("blurred", x.blurred);
  v("uncaptioned", x.uncaptioned);
  v("steps_per_epoch", x.steps_per_epoch);
  v("lengths", x.lengths);
  v("buckets", x.buckets);
  v("shown", x.shown);
  v("pictures", x.pictures);
  v("rejected_count", x.rejected_count);
  v("rejected", x.rejected);
  v("warnings", x.warnings);
  v("notes", x.notes);
}

template <typename V>
void fields(V& v, CaptionEdit& x) {
  v("file", x.file);
  v("caption", x.caption);
  v("before", x.before);
}

template <typename V>
void fields(V& v, GoalPreset& x) {
  v("name", x.name);
  v("title", x.title);
  v("explanation", x.explanation);
  v("reasons", x.reasons);
  v("recommended", x.recommended);
  v("recipe", x.recipe);
}

template <typename V>
void fields(V& v, GoalPresets& x) {
  v("presets", x.presets);
}

template <typename V>
void fields(V& v, WordReport& x) {
  v("word", x.word);
  v("error", x.error);
  v("start_tokens", x.start_tokens);
  v("captions", x.captions);
  v("named", x.named);
}

template <typename V>
void fields(V& v, PlanAlternative& x) {
  v("name", x.name);
  v("text", x.text);
  v("cost", x.cost);
  v("changes", x.changes);
  v("memory_bytes", x.memory_bytes);
  v("fits", x.fits);
  v("seconds", x.seconds);
}

template <typename V>
void fields(V& v, TrainingPlan& x) {
  v("kind", x.kind);
  v("memory_bytes", x.memory_bytes);
  v("owners", x.owners);
  v("capacity_bytes", x.capacity_bytes);
  v("free_bytes", x.free_bytes);
  v("fits", x.fits);
  v("to_do", x.to_do);
  v("steps", x.steps);
  v("trained_parameters", x.trained_parameters);
  v("seconds", x.seconds);
  v("seconds_per_step", x.seconds_per_step);
  v("tokens_per_s", x.tokens_per_s);
  v("images_per_s", x.images_per_s);
  v("joules", x.joules);
  v("result_bytes", x.result_bytes);
  v("checkpoint_bytes", x.checkpoint_bytes);
  v("disk_bytes", x.disk_bytes);
  v("disk_free_bytes", x.disk_free_bytes);
  v("fits_disk", x.fits_disk);
  v("alternatives", x.alternatives);
}

}  // namespace diptych::api
