#include "engine/api/sse.h"

namespace diptych::api {

void write_event(std::string& out, std::string_view id, std::string_view type, std::string_view data) {
  const auto field = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).push_back('\n');
  };
  if (!id.empty()) field("id", id);
  if (!type.empty()) field("event", type);
  for (size_t begin = 0; begin <= data.size();) {
    const size_t end = std::min(data.find('\n', begin), data.size());
    field("data", data.substr(begin, end - begin));
    begin = end + 1;
  }
  out.push_back('\n');
}

std::vector<SseEvent> SseParser::feed(std::string_view piece) {
  std::vector<SseEvent> events;
  for (const char c : piece) {
    if (c == '\n' && after_cr_) {  // the second half of CR LF
      after_cr_ = false;
      continue;
    }
    after_cr_ = c == '\r';
    if (c == '\n' || c == '\r') {
      line(pending_, events);
      pending_.clear();
    } else {
      pending_.push_back(c);
    }
  }
  return events;
}

void SseParser::line(std::string_view text, std::vector<SseEvent>& events) {
  if (text.empty()) {
    if (!event_.id.empty()) last_id_ = event_.id;
    if (has_data_) {
      if (event_.type.empty()) event_.type = "message";
      events.push_back(event_);
    }
    event_ = {};
    has_data_ = false;
    return;
  }
  const size_t colon = text.find(':');
  if (colon == 0) return;  // a comment keeps the connection alive
  const std::string_view name = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) event_.data.push_back('\n');
    event_.data.append(value);
    has_data_ = true;
  } else if (name == "event") {
    event_.type = value;
  } else if (name == "id") {
    event_.id = value;
  }
}

}  // namespace diptych::api
