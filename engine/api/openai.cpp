#include "engine/api/openai.h"

namespace diptych::api {
namespace {

const Json* find(const Json& body, const char* name) {
  const auto found = body.find(name);
  return found == body.end() || found->is_null() ? nullptr : &*found;
}

Sampling neutral() {
  Sampling sampling;
  sampling.temperature = 1.0;
  sampling.top_k = 0;
  sampling.top_p = 1.0;
  sampling.min_p = 0.0;
  sampling.repeat_penalty = 1.0;
  return sampling;
}

void read_number_into(const Json& body, const char* name, double& value) {
  if (const Json* field = find(body, name)) value = read_number(*field, name);
}

void read_sampling(const Json& body, Sampling& sampling) {
  read_number_into(body, "temperature", sampling.temperature);
  read_number_into(body, "top_p", sampling.top_p);
  read_number_into(body, "min_p", sampling.min_p);
  read_number_into(body, "typical_p", sampling.typical_p);
  for (const char* name : {"repetition_penalty", "repeat_penalty"}) {
    read_number_into(body, name, sampling.repeat_penalty);
  }
  read_number_into(body, "presence_penalty", sampling.presence_penalty);
  read_number_into(body, "frequency_penalty", sampling.frequency_penalty);
  if (const Json* top_k = find(body, "top_k")) {
    sampling.top_k = static_cast<int>(std::max<int64_t>(0, read_integer(*top_k, "top_k", -1, 1 << 30)));  // -1: off
  }
  if (const Json* seed = find(body, "seed")) {
    sampling.seed =
        read_integer(*seed, "seed", std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  }
  check(sampling);
}

void read_logit_bias(const Json& body, CompletionRequest& request) {
  const Json* bias = find(body, "logit_bias");
  if (bias == nullptr) return;
  for (const auto& [key, value] : read_object(*bias, "logit_bias").items()) {
    const std::string field = "logit_bias." + key.substr(0, 40);
    if (key.empty() || key.size() > 9 || key.find_first_not_of("0123456789") != std::string::npos) {
      throw FieldError(field, "its name is no token id");
    }
    const double amount = read_number(value, field);
    if (amount < -100 || amount > 100) throw FieldError(field, "it is not between -100 and 100");
    request.logit_bias[static_cast<int32_t>(std::stol(key))] = amount;
  }
}

void read_stop(const Json& body, CompletionRequest& request) {
  const Json* stop = find(body, "stop");
  if (stop == nullptr) return;
  if (stop->is_string()) {
    request.stop.push_back(stop->get<std::string>());
  } else {
    FieldReader::read(*stop, request.stop, "stop");
  }
  if (request.stop.size() > 64) throw FieldError("stop", "more than 64 stop strings");
  for (const std::string& text : request.stop) {
    if (text.empty()) throw FieldError("stop", "a stop string is empty");
  }
}

CompletionRequest read_common(const Json& body) {
  read_object(body, "");
  CompletionRequest request;
  request.sampling = neutral();
  if (const Json* model = find(body, "model")) request.model = read_string(*model, "model");
  read_sampling(body, request.sampling);
  read_logit_bias(body, request);
  read_stop(body, request);
  for (const char* name : {"max_tokens", "max_completion_tokens"}) {  // the newer name wins
    if (const Json* limit = find(body, name)) request.max_tokens = read_integer(*limit, name, 0, 1 << 30);
  }
  if (const Json* adapters = find(body, "adapters")) {
    FieldReader::read(*adapters, request.adapters, "adapters");
    check(request.adapters);
  }
  if (const Json* stream = find(body, "stream")) request.stream = read_bool(*stream, "stream");
  if (const Json* options = find(body, "stream_options")) {
    if (const Json* usage = find(read_object(*options, "stream_options"), "include_usage")) {
      request.include_usage = read_bool(*usage, "stream_options.include_usage");
    }
  }
  if (const Json* n = find(body, "n"); n != nullptr && read_integer(*n, "n", 1, 128) != 1) {
    throw FieldError("n", "this host writes one answer per request");
  }
  return request;
}

// A message's content is a string, or a list of parts of which only text can be read.
Json read_message(const Json& in, const std::string& field) {
  Json message = read_object(in, field);
  const auto role = message.find("role");
  if (role == message.end()) throw FieldError(field + ".role", "it is missing");
  if (read_string(*role, field + ".role").empty()) throw FieldError(field + ".role", "it is empty");
  const auto content = message.find("content");
  if (content == message.end() || content->is_null()) {
    if (!message.contains("tool_calls")) throw FieldError(field + ".content", "it is missing");
    message["content"] = "";
    return message;
  }
  if (content->is_string()) return message;
  if (!content->is_array()) throw FieldError(field + ".content", "it is neither a string nor a list of parts");
  std::string text;
  for (size_t i = 0; i < content->size(); ++i) {
    const std::string part_field = field + ".content[" + std::to_string(i) + "]";
    const Json& part = read_object((*content)[i], part_field);
    const Json* type = find(part, "type");
    const Json* piece = find(part, "text");
    if (type == nullptr || *type != "text" || piece == nullptr) {
      throw FieldError(part_field, "only parts of type \"text\" can be read by this model");
    }
    text += read_string(*piece, part_field + ".text");
  }
  *content = text;
  return message;
}

}  // namespace

CompletionRequest read_chat_request(const Json& body) {
  CompletionRequest request = read_common(body);
  const Json* messages = find(body, "messages");
  if (messages == nullptr) throw FieldError("messages", "it is missing");
  if (!messages->is_array() || messages->empty())
    throw FieldError("messages", "it is no list with at least one message");
  request.messages = Json::array();
  for (size_t i = 0; i < messages->size(); ++i) {
    request.messages.push_back(read_message((*messages)[i], "messages[" + std::to_string(i) + "]"));
  }
  if (const Json* tools = find(body, "tools")) {
    if (!tools->is_array()) throw FieldError("tools", "it is no list");
    if (!tools->empty()) request.tools = *tools;
  }
  if (const Json* variables = find(body, "chat_template_kwargs")) {
    request.template_variables = read_object(*variables, "chat_template_kwargs");
  }
  if (const Json* wanted = find(body, "logprobs"); wanted != nullptr && read_bool(*wanted, "logprobs")) {
    request.logprobs = 0;
    if (const Json* top = find(body, "top_logprobs")) {
      request.logprobs = static_cast<int>(read_integer(*top, "top_logprobs", 0, 20));
    }
  }
  return request;
}

CompletionRequest read_completion_request(const Json& body) {
  CompletionRequest request = read_common(body);
  const Json* prompt = find(body, "prompt");
  if (prompt == nullptr) throw FieldError("prompt", "it is missing");
  if (prompt->is_array() && prompt->size() == 1) prompt = &(*prompt)[0];
  if (prompt->is_array()) throw FieldError("prompt", "this host completes one text per request");
  request.prompt = read_string(*prompt, "prompt");
  if (const Json* echo = find(body, "echo")) request.echo = read_bool(*echo, "echo");
  if (const Json* wanted = find(body, "logprobs")) {
    request.logprobs = static_cast<int>(read_integer(*wanted, "logprobs", 0, 20));
  }
  if (!request.max_tokens) request.max_tokens = 16;  // OpenAI's default for this endpoint
  return request;
}

}  // namespace diptych::api
