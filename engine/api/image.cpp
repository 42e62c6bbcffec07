#include "engine/api/image.h"

#include <charconv>

namespace diptych::api {
namespace {

// More pictures than anybody looks at, and days of work.
constexpr size_t most_cells = 1000;

// "adapters[0].scale" within the settings' JSON. FieldError where there is no such field.
Json& field_at(Json& settings, const std::string& path) {
  Json* at = &settings;
  size_t begin = 0;
  while (begin < path.size()) {
    if (path[begin] == '[') {
      const size_t end = path.find(']', begin);
      size_t index = 0;
      const char* first = path.data() + begin + 1;
      const char* last = end == std::string::npos ? first : path.data() + end;
      const auto [stop, error] = std::from_chars(first, last, index);
      if (error != std::errc() || stop != last || !at->is_array() || index >= at->size()) {
        throw FieldError("axes.field", "the settings have no " + path.substr(0, 100));
      }
      at = &(*at)[index];
      begin = end + 1;
    } else {
      if (path[begin] == '.') ++begin;
      const size_t end = std::min(path.find_first_of(".[", begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      if (!at->is_object() || !at->contains(name)) {
        throw FieldError("axes.field", "the settings have no " + path.substr(0, 100));
      }
      at = &(*at)[name];
      begin = end;
    }
  }
  return *at;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// A1111's "Prompt S/R": the first value is searched for, the others replace it.
void replace_in_prompts(ImageSettings& settings, const PlotAxis& axis, size_t index) {
  const std::string from = read_string(axis.values[0], "axes.values[0]");
  const std::string to = read_string(axis.values[index], "axes.values[" + std::to_string(index) + "]");
  const bool found = settings.prompt.find(from) != std::string::npos ||
                     (settings.negative && settings.negative->find(from) != std::string::npos);
  if (from.empty() || !found) throw FieldError("axes.values[0]", "neither prompt contains this text");
  replace_all(settings.prompt, from, to);
  if (settings.negative) replace_all(*settings.negative, from, to);
}

}  // namespace

void check(const PlotRequest& request) {
  check(request.settings);
  if (request.axes.empty() || request.axes.size() > 3) throw FieldError("axes", "a plot has 1 to 3 of them");
  size_t cells = 1;
  for (size_t i = 0; i < request.axes.size(); ++i) {
    const PlotAxis& axis = request.axes[i];
    const std::string field = "axes[" + std::to_string(i) + "]";
    if (axis.field.empty()) throw FieldError(field + ".field", "it is missing");
    if (axis.field == "count" || axis.field == "batch" || axis.field == "preview") {
      throw FieldError(field + ".field", "each cell of a plot is one picture");
    }
    if (!axis.values.is_array() || axis.values.empty()) throw FieldError(field + ".values", "it is no list of values");
    cells *= axis.values.size();
    if (cells > most_cells) throw FieldError("axes", "together they make more than 1000 pictures");
  }
}

ImageSettings plot_cell(const PlotRequest& request, const std::vector<int>& at) {
  ImageSettings settings = request.settings;
  settings.batch = settings.count = 1;
  for (size_t i = 0; i < request.axes.size(); ++i) {
    if (request.axes[i].field == "prompt") replace_in_prompts(settings, request.axes[i], static_cast<size_t>(at[i]));
  }
  Json json = to_json(settings);
  for (size_t i = 0; i < request.axes.size(); ++i) {
    const PlotAxis& axis = request.axes[i];
    if (axis.field != "prompt") field_at(json, axis.field) = axis.values[static_cast<size_t>(at[i])];
  }
  settings = from_json<ImageSettings>(json);
  check(settings);
  return settings;
}

}  // namespace diptych::api
