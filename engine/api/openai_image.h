// OpenAI's image endpoints: what of a request the host understands.
#pragma once

#include <map>
#include <string>

#include "engine/api/fields.h"
#include "engine/api/image_settings.h"

namespace diptych::api {

struct OpenAiImageRequest {
  ImageSettings settings;  // count: "n"
  bool as_url = false;     // response_format
};

// POST /v1/images/generations. Unknown fields are ignored, as OpenAI's clients expect. FieldError.
OpenAiImageRequest read_generation_request(const Json& body);

// POST /v1/images/edits: the text fields of its multipart body; pictures are apart. FieldError.
OpenAiImageRequest read_edit_request(const std::map<std::string, std::string>& fields);

}  // namespace diptych::api
