#include "engine/api/training.h"

namespace diptych::api {
namespace {

constexpr int most_shown = 1000;
constexpr size_t longest_prompt = 100'000;

}  // namespace

void check(const RecipeBody& body) {
  if (!body.recipe.is_object()) throw FieldError("recipe", "it is no object");
  if (body.limit < 0 || body.limit > most_shown) throw FieldError("limit", "it is not between 0 and 1000");
  if (body.offset < 0) throw FieldError("offset", "it is negative");
  if (body.name.size() > 200) throw FieldError("name", "it is longer than 200 bytes");
}

void check(const CompareBody& body) {
  if (body.prompt.empty()) throw FieldError("prompt", "it is empty");
  if (body.prompt.size() > longest_prompt) throw FieldError("prompt", "it is longer than 100000 bytes");
  if (body.max_tokens < 1 || body.max_tokens > 100'000)
    throw FieldError("max_tokens", "it is not between 1 and 100000");
  if (body.scale < -100 || body.scale > 100) throw FieldError("scale", "it is not between -100 and 100");
  if (body.seed && *body.seed < 0) throw FieldError("seed", "it is negative");
  if (!body.settings.is_null() && !body.settings.is_object()) throw FieldError("settings", "it is no object");
}

void check(const ExportBody& body) {
  if (body.folder.empty()) throw FieldError("folder", "it is missing");
}

bool is_active(RunState state) {
  return state == RunState::queued || state == RunState::running;
}

bool can_resume(const TrainingRun& run) {
  return !is_active(run.state) && run.state != RunState::finished && !run.deleted_ms;
}

}  // namespace diptych::api
