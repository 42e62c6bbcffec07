#include "engine/io/formats/json_text.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"

namespace diptych {
namespace {

using nlohmann::json;

constexpr size_t max_depth = 64;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot read JSON", path, why, "download or write the file again");
}

}  // namespace

json parse_json(std::string_view text, const std::string& path, uint64_t base_offset) {
  std::vector<std::unordered_set<std::string>> keys;  // of the objects that are open; arrays have an empty set
  const auto check = [&](int, json::parse_event_t event, json& value) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        if (keys.size() == max_depth) fail(path, "nested more than " + std::to_string(max_depth) + " levels deep");
        keys.emplace_back();
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        keys.pop_back();
        break;
      case json::parse_event_t::key:
        if (!keys.back().insert(value.get<std::string>()).second) {
          fail(path, "the key \"" + value.get<std::string>() + "\" appears twice in one object");
        }
        break;
      case json::parse_event_t::value:
        break;
    }
    return true;
  };
  try {
    return json::parse(text, check);
  } catch (const json::parse_error& error) {
    const uint64_t at = base_offset + (error.byte > 0 ? error.byte - 1 : 0);
    fail(path, "no valid JSON at byte " + std::to_string(at));
  } catch (const json::exception&) {
    fail(path, "a number is out of range, after byte " + std::to_string(base_offset));
  }
}

std::string json_text(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::string json_text(const nlohmann::ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

json read_json_file(const std::filesystem::path& path, uint64_t limit_bytes) {
  return parse_json(read_text_file(path, limit_bytes), path.string());
}

}  // namespace diptych
