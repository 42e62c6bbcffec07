#include "engine/api/openai_image.h"

#include <cstdio>

namespace diptych::api {
namespace {

const Json* image_field(const Json& body, const char* name) {
  const auto found = body.find(name);
  return found == body.end() || found->is_null() ? nullptr : &*found;
}

// "1024x768"; "auto" and nothing: the model's own.
void read_size(const Json& body, ImageSettings& settings) {
  const Json* field = image_field(body, "size");
  if (field == nullptr) return;
  const std::string size = read_string(*field, "size");
  if (size == "auto") return;
  char rest = 0;
  if (std::sscanf(size.c_str(), "%5dx%5d%c", &settings.width, &settings.height, &rest) != 2 || settings.width <= 0 ||
      settings.height <= 0) {
    throw FieldError("size", "it is neither \"auto\" nor WIDTHxHEIGHT, such as \"512x512\"");
  }
}

}  // namespace

OpenAiImageRequest read_generation_request(const Json& body) {
  read_object(body, "");
  OpenAiImageRequest request;
  ImageSettings& settings = request.settings;
  settings.preview = PreviewKind::off;
  settings.plain_prompt = true;  // whoever writes for OpenAI means brackets as text
  const Json* prompt = image_field(body, "prompt");
  if (prompt == nullptr) throw FieldError("prompt", "it is missing");
  settings.prompt = read_string(*prompt, "prompt");
  if (const Json* model = image_field(body, "model")) settings.model = read_string(*model, "model");
  if (const Json* n = image_field(body, "n")) settings.count = static_cast<int>(read_integer(*n, "n", 1, 10));
  read_size(body, settings);
  if (const Json* format = image_field(body, "response_format")) {
    const std::string name = read_string(*format, "response_format");
    if (name != "url" && name != "b64_json") throw FieldError("response_format", "it is neither url nor b64_json");
    request.as_url = name == "url";
  }
  if (const Json* negative = image_field(body, "negative_prompt")) {
    settings.negative = read_string(*negative, "negative_prompt");
  }
  if (const Json* seed = image_field(body, "seed")) {
    settings.seed = read_integer(*seed, "seed", 0, std::numeric_limits<int64_t>::max());
  }
  if (const Json* steps = image_field(body, "steps")) {
    settings.steps = static_cast<int>(read_integer(*steps, "steps", 1, 10000));
  }
  if (const Json* guidance = image_field(body, "guidance")) settings.guidance = read_number(*guidance, "guidance");
  if (const Json* sampler = image_field(body, "sampler")) settings.sampler = read_string(*sampler, "sampler");
  if (const Json* schedule = image_field(body, "schedule")) settings.schedule = read_string(*schedule, "schedule");
  check(settings);
  return request;
}

OpenAiImageRequest read_edit_request(const std::map<std::string, std::string>& fields) {
  Json body = Json::object();
  for (const auto& [name, text] : fields) {
    const bool number = name == "n" || name == "seed" || name == "steps" || name == "guidance" || name == "strength";
    if (!number) {
      body[name] = text;
      continue;
    }
    const auto value = parse(text);
    if (!value) throw FieldError(name, "it is no number");
    body[name] = *value;
  }
  OpenAiImageRequest request = read_generation_request(body);
  // All of what the mask leaves free is made anew unless the client says otherwise.
  request.settings.init.emplace().strength = 1;
  if (const Json* strength = image_field(body, "strength")) {
    request.settings.init->strength = read_number(*strength, "strength");
  }
  return request;
}

}  // namespace diptych::api
