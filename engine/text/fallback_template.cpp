#include "engine/text/fallback_template.h"

namespace diptych {
namespace {

// For models that were not made for conversations, or whose files do not say how.
constexpr const char* transcript =
    "{% for message in messages %}{% if message.role == 'system' %}{{ message.content }}\n\n"
    "{% elif message.role == 'user' %}User: {{ message.content }}\n"
    "{% else %}Assistant: {{ message.content }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}Assistant:{% endif %}";
constexpr const char* chatml =
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

}  // namespace

FallbackTemplate fallback_template(const Tokenizer& tokenizer) {
  if (tokenizer.token_id("<|im_start|>") && tokenizer.token_id("<|im_end|>"))
    return {ChatTemplate::parse(chatml, "ChatML"), true};
  return {ChatTemplate::parse(transcript, "plain transcript"), false};
}

}  // namespace diptych
