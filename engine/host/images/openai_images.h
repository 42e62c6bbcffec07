// OpenAI's image endpoints over the host's image jobs.
#pragma once

#include <string>

#include "engine/api/openai_image.h"
#include "engine/host/http/http.h"
#include "engine/host/images/gallery.h"
#include "engine/host/images/image_jobs.h"

namespace diptych::host {

class OpenAiImages {
 public:
  OpenAiImages(JobBoard& jobs, Reader& reader, ImageJobs& images, Gallery& gallery)
      : jobs_(jobs), reader_(reader), images_(images), gallery_(gallery) {}

  HttpResponse generate(const HttpRequest& request);
  HttpResponse edit(const HttpRequest& request);  // multipart/form-data

 private:
  HttpResponse answer(const api::OpenAiImageRequest& asked, const HttpRequest& request);

  JobBoard& jobs_;
  Reader& reader_;
  ImageJobs& images_;
  Gallery& gallery_;
};

std::string base64(const std::string& bytes);  // RFC 4648, padded

}  // namespace diptych::host
