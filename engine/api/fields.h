// One list of fields per struct serves both directions: `fields(visitor, value)` names each member once, and
// FieldWriter and FieldReader visit it. Readers ignore unknown names (a newer minor version may send more), keep the
// default where a name is missing, and throw FieldError where a value is of the wrong kind.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace diptych::api {

using Json = nlohmann::ordered_json;  // ordered: tools reach a model's template as they were written

// A body that does not say what its struct needs. `field` is the path to it: "messages[2].role".
class FieldError : public std::runtime_error {
 public:
  FieldError(std::string field, std::string why);
  const std::string& field() const { return field_; }
  const std::string& why() const { return why_; }

 private:
  std::string field_, why_;
};

// Enums are written by name. Each specialises this with its names, in the order of its values.
template <typename E>
struct EnumNames;

template <typename E>
const char* enum_name(E value) {
  return EnumNames<E>::names[static_cast<size_t>(value)];
}

// Strict readers of one value.
std::string read_string(const Json& value, const std::string& field);
bool read_bool(const Json& value, const std::string& field);
double read_number(const Json& value, const std::string& field);  // finite
int64_t read_integer(const Json& value, const std::string& field, int64_t low, int64_t high);
const Json& read_object(const Json& value, const std::string& field);

class FieldWriter {
 public:
  explicit FieldWriter(Json& out) : out_(out) {}
  template <typename T>
  void operator()(const char* name, const T& value) {
    out_[name] = write(value);
  }

  template <typename T>
  static Json write(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return enum_name(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Json>) {
      return value;
    } else {
      return to_json_value(value);
    }
  }

 private:
  template <typename T>
  static Json to_json_value(const std::optional<T>& value) {
    return value ? write(*value) : Json(nullptr);
  }
  template <typename T>
  static Json to_json_value(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) list.push_back(write(value));
    return list;
  }
  template <typename T>
  static Json to_json_value(const T& value) {
    Json object = Json::object();
    FieldWriter writer(object);
    fields(writer, const_cast<T&>(value));
    return object;
  }

  Json& out_;
};

class FieldReader {
 public:
  FieldReader(const Json& in, std::string path) : in_(read_object(in, path)), path_(std::move(path)) {}
  template <typename T>
  void operator()(const char* name, T& value) {
    const auto found = in_.find(name);
    if (found != in_.end()) read(*found, value, path_.empty() ? name : path_ + "." + name);
  }

  template <typename T>
  static void read(const Json& in, T& value, const std::string& field) {
    if constexpr (std::is_enum_v<T>) {
      const std::string text = read_string(in, field);
      std::string known;
      for (size_t i = 0; i < std::size(EnumNames<T>::names); ++i) {
        if (text == EnumNames<T>::names[i]) {
          value = static_cast<T>(i);
          return;
        }
        known += std::string(i == 0 ? "" : ", ") + EnumNames<T>::names[i];
      }
      throw FieldError(field, "'" + text.substr(0, 40) + "' is none of " + known);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = read_bool(in, field);
    } else if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(read_number(in, field));
    } else if constexpr (std::is_integral_v<T>) {
      const int64_t high =
          sizeof(T) < 8 ? static_cast<int64_t>(std::numeric_limits<T>::max()) : std::numeric_limits<int64_t>::max();
      value = static_cast<T>(read_integer(in, field, static_cast<int64_t>(std::numeric_limits<T>::min()), high));
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = read_string(in, field);
    } else if constexpr (std::is_same_v<T, Json>) {
      value = in;
    } else {
      read_value(in, value, field);
    }
  }

 private:
  template <typename T>
  static void read_value(const Json& in, std::optional<T>& value, const std::string& field) {
    if (in.is_null()) {
      value.reset();
      return;
    }
    T inner{};
    read(in, inner, field);
    value = std::move(inner);
  }
  template <typename T>
  static void read_value(const Json& in, std::vector<T>& values, const std::string& field) {
    if (!in.is_array()) throw FieldError(field, "it is no list");
    values.clear();
    for (size_t i = 0; i < in.size(); ++i) {
      T value{};
      read(in[i], value, field + "[" + std::to_string(i) + "]");
      values.push_back(std::move(value));
    }
  }
  template <typename T>
  static void read_value(const Json& in, T& value, const std::string& field) {
    FieldReader reader(in, field);
    fields(reader, value);
  }

  const Json& in_;
  std::string path_;
};

// For any struct of this folder.
template <typename T>
Json to_json(const T& value) {
  return FieldWriter::write(value);
}
template <typename T>
T from_json(const Json& json) {
  T value{};
  FieldReader::read(json, value, "");
  return value;
}

// Bytes that are no UTF-8 become U+FFFD: an answer cut inside a character must not fail the whole reply.
std::string dump(const Json& json);
// nullopt: not JSON, or nested deeper than 64.
std::optional<Json> parse(const std::string& text);

}  // namespace diptych::api
