// Any source is a template or a SyntaxFailure, and any template renders or fails, within its limits. The conversation
// is fixed and has one of everything.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/text/jinja/interpreter.h"
#include "engine/text/jinja/json_input.h"
#include "engine/text/unicode.h"

namespace {

using namespace diptych;

const nlohmann::ordered_json& variables() {
  static const auto json = nlohmann::ordered_json::parse(R"({
    "messages": [{"role": "system", "content": " Be brief.\n"}, {"role": "user", "content": "Grüße, 世界 🎉 ß"},
                 {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
                 {"role": "tool", "content": "a,b,,c"}, {"role": "user", "content": [{"type": "text", "text": "x"}]}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "integer"}}}}}],
    "add_generation_prompt": true, "bos_token": "<s>", "l": [3, 1, 2.5, "b", "A", null, true],
    "d": {"b": 1, "a": [1, {"c": -7}]}, "n": 9223372036854775807, "f": 1e300})");
  return json;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string source = lossy_utf8({reinterpret_cast<const char*>(data), size});
  jinja::Limits limits;
  limits.work_units = 200'000;
  limits.memory_bytes = 8u << 20;
  limits.output_bytes = 1u << 20;
  try {
    const auto program = jinja::parse(source);
    jinja::Runtime runtime(limits, 1741529106);
    jinja::Interpreter interpreter(runtime, *program);
    for (const auto& [name, value] : variables().items()) {
      if (interpreter.uses(name)) interpreter.define(name, jinja::from_json(runtime, value));
    }
    const std::string text = interpreter.run();
    if (text.size() > limits.output_bytes || lossy_utf8(text) != text) std::abort();
  } catch (const jinja::SyntaxFailure&) {
  } catch (const jinja::Failure&) {
  } catch (const jinja::LimitFailure&) {
  }
  return 0;
}
