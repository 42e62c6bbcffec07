// Kind tokenizer: strings to ids and back.
#include "app/golden/kinds.h"
#include "engine/text/text_source.h"

namespace diptych::golden {

Result run_tokenizer(Context& /*ctx*/, const Case& one) {
  const auto tokenizer = TextSource::open(one.model()).tokenizer();
  const nlohmann::ordered_json texts = one.read_json("inputs.json");
  if (!texts.is_array()) one.fail("kind", "is tokenizer, but inputs.json is no list");
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& entry : texts) {
    if (!entry.is_string()) one.fail("kind", "is tokenizer, but inputs.json holds something that is no text");
    const auto& text = entry.get_ref<const std::string&>();
    const std::vector<int32_t> ids = tokenizer->encode(text, {.add_special = false, .parse_special = true});
    rows.push_back({{"text", text}, {"ids", ids}, {"decoded", tokenizer->decode(ids)}});
  }
  return rows;
}

}  // namespace diptych::golden
