// Server-sent events: how one is written, and a parser that takes the stream in pieces of any size.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych::api {

struct SseEvent {
  std::string id;    // empty: none given
  std::string type;  // "message" where none is named
  std::string data;  // lines joined by '\n'

  bool operator==(const SseEvent&) const = default;
};

// Appends one event to `out`. `data` may have several lines; id and type may not.
void write_event(std::string& out, std::string_view id, std::string_view type, std::string_view data);

class SseParser {
 public:
  // The events that this piece completes.
  std::vector<SseEvent> feed(std::string_view piece);
  const std::string& last_id() const { return last_id_; }  // of the last block that had one, even if it was no event

 private:
  void line(std::string_view text, std::vector<SseEvent>& events);

  std::string pending_, last_id_;
  SseEvent event_;
  bool has_data_ = false;
  bool after_cr_ = false;
};

}  // namespace diptych::api
