#include "engine/host/images/openai_images.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/host/http/errors.h"
#include "engine/host/http/router.h"

namespace diptych::host {
namespace {

// Until the job has ended and every picture is written.
void wait_for_end(const Job& job) {
  int64_t number = 0;
  std::vector<TopicEvent> events;
  while (true) {
    switch (job.events().read(number, events, SteadyClock::now() + std::chrono::hours(1))) {
      case Topic::Next::closed:
        return;
      case Topic::Next::lost:
        number = job.events().last();
        break;
      case Topic::Next::events:
      case Topic::Next::quiet:
        events.clear();
        break;
    }
  }
}

}  // namespace

std::string base64(const std::string& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) text += k <= have ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

HttpResponse OpenAiImages::generate(const HttpRequest& request) {
  return answer(api::read_generation_request(body_object(request)), request);
}

HttpResponse OpenAiImages::edit(const HttpRequest& request) {
  std::map<std::string, std::string> texts;
  std::string image, mask;
  for (const HttpPart& part : request.parts) {
    if (part.name == "image" || part.name == "image[]") {
      if (!image.empty()) refuse("image", "this host edits one picture per request");
      image = gallery_.uploads().add(part.content).id;
    } else if (part.name == "mask") {
      mask = gallery_.uploads().add(part.content).id;
    } else {
      texts[part.name] = part.content;
    }
  }
  if (image.empty()) refuse("image", "it is missing; the body is multipart/form-data");
  api::OpenAiImageRequest asked = api::read_edit_request(texts);
  asked.settings.init->image = image;
  asked.settings.init->mask = mask;
  // Without a mask what is transparent is to be painted; a picture without any is changed as a whole.
  if (mask.empty()) {
    const Image8 picture = gallery_.picture(image);
    bool transparent = false;
    for (size_t i = 3; picture.channels == 4 && i < picture.pixels.size(); i += 4) {
      transparent = transparent || picture.pixels[i] < 255;
    }
    if (transparent) {
      asked.settings.init->mask = image;
    } else if (!texts.contains("strength")) {
      asked.settings.init->strength = api::ImageInit{}.strength;
    }
  }
  return answer(asked, request);
}

HttpResponse OpenAiImages::answer(const api::OpenAiImageRequest& asked, const HttpRequest& request) {
  const api::ImageStarted started = images_.start(asked.settings);
  const int64_t created_s = now_ms() / 1000;
  api::JobInfo info;
  if (const auto job = jobs_.find(started.job)) {
    wait_for_end(*job);
    info = job->info();
  } else {  // it has ended and is written already
    info = reader_.read([&](Database& database) { return store::find_job(database, started.job).value_or(info); });
  }
  if (info.error) return HttpResponse::json(api::error_body(*info.error), api::http_status(info.error->category));
  if (info.state != api::JobState::done) {
    throw Error(ErrorCategory::cancelled, "cannot make images", started.job, "the job was cancelled", "ask again");
  }
  store::ImageListOptions of_job;
  of_job.job = started.job;
  std::vector<api::ImageInfo> made = gallery_.list(of_job).images;
  std::reverse(made.begin(), made.end());  // first one first
  api::Json data = api::Json::array();
  for (const api::ImageInfo& image : made) {
    if (asked.as_url) {
      data.push_back({{"url", "http://" + request.header("host") + "/api/images/" + image.id + "/file"}});
    } else {
      data.push_back({{"b64_json", base64(gallery_.file(image.id).bytes)}});
    }
  }
  return HttpResponse::json({{"created", created_s}, {"data", std::move(data)}});
}

}  // namespace diptych::host
