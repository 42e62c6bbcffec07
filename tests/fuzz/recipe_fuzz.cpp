// Any text is a prompt, and any texts beside a picture are a recipe or none; a recipe that was restored goes round as
// JSON. The first byte chooses the dialect.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/diffusion/prompt/prompt.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/text/unicode.h"

namespace {

using namespace diptych;
using namespace diptych::diffusion;

void check_prompt(std::string_view text) {
  const Prompt prompt = parse_prompt(text, {.steps = 12, .steps_before = static_cast<int>(text.size() % 2) * 10});
  if (prompt.parts.empty()) std::abort();
  for (const SubPrompt& part : prompt.parts)
    for (int step = 0; step <= 13; ++step)
      if (part.texts.at(part.text_at(step)).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr const char* keys[] = {"parameters", "prompt", "invokeai_metadata", "sd-metadata", "Dream", "diptych"};
  const size_t choice = data[0] % 7;
  if (choice == 6) {
    check_prompt(text);
    return 0;
  }
  const auto restored = restore_recipe({{keys[choice], lossy_utf8(text)}});
  if (!restored) return 0;
  check_prompt(restored->recipe.prompt);
  write_parameters(restored->recipe);
  if (parse_recipe(write_recipe(restored->recipe), "fuzz") != restored->recipe) std::abort();
  return 0;
}
