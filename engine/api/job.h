// Jobs: whatever the host works on. Journalled before they start; their events are numbered from 1 without gaps.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/api/error.h"
#include "engine/api/fields.h"

namespace diptych::api {

enum class JobKind { answer, completion, load, fetch, image, plot, training, export_result };
template <>
struct EnumNames<JobKind> {
  static constexpr std::array<const char*, 8> names{"answer", "completion", "load",     "fetch",
                                                    "image",  "plot",       "training", "export"};
};

enum class JobState { queued, running, done, failed, cancelled, interrupted };
template <>
struct EnumNames<JobState> {
  static constexpr std::array<const char*, 6> names{"queued", "running", "done", "failed", "cancelled", "interrupted"};
};

struct JobInfo {
  std::string id;
  JobKind kind = JobKind::answer;
  JobState state = JobState::queued;
  std::string title;    // for people: "Load SmolLM2-135M-Instruct"
  double progress = 0;  // 0 to 1 where it is known
  Json subject;         // {"model"}, {"conversation", "message", "model"}, {"catalogue"}
  Json result;          // of a job that is done: {"path"} of a fetch, the usage of a completion; or null
  std::optional<ErrorInfo> error;
  int64_t created_ms = 0, started_ms = 0, ended_ms = 0;  // since the epoch; 0: not yet
  int64_t last_event = 0;
};

inline bool ended(JobState state) {
  return state != JobState::queued && state != JobState::running;
}

template <typename V>
void fields(V& v, JobInfo& x) {
  v("id", x.id);
  v("kind", x.kind);
  v("state", x.state);
  v("title", x.title);
  v("progress", x.progress);
  v("subject", x.subject);
  v("result", x.result);
  v("error", x.error);
  v("created_ms", x.created_ms);
  v("started_ms", x.started_ms);
  v("ended_ms", x.ended_ms);
  v("last_event", x.last_event);
}

// Event types: "state" {state, error}, "progress" {progress, phase, bytes, total_bytes, bytes_per_s},
// "grew" {text, thinking}; of jobs that make pictures "progress" (ImageProgress), "preview" (PreviewMade) and "image"
// (ImageInfo), image.h; of training "step", "sample", "checkpoint" and "note", training.h. An event of state done,
// failed, cancelled or interrupted is the last.
struct JobProgress {
  double progress = 0;
  std::string phase;  // "waiting", "downloading", "unpacking", "verifying", "reading"
  int64_t bytes = 0, total_bytes = 0;
  double bytes_per_s = 0;
};
template <typename V>
void fields(V& v, JobProgress& x) {
  v("progress", x.progress);
  v("phase", x.phase);
  v("bytes", x.bytes);
  v("total_bytes", x.total_bytes);
  v("bytes_per_s", x.bytes_per_s);
}

}  // namespace diptych::api
