#include "engine/text/gguf_patterns.h"

namespace diptych {
namespace {

// Each pattern as its model's tokenizer.json publishes it.
const std::string gpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
const std::string contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const std::string punctuation_lines_spaces = R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string word = R"([^\r\n\p{L}\p{N}]?\p{L}+)";
const std::string llama3 = contractions + "|" + word + R"(|\p{N}{1,3}|)" + punctuation_lines_spaces;
const std::string qwen2 = contractions + "|" + word + R"(|\p{N}|)" + punctuation_lines_spaces;
const std::string qwen35 =
    contractions + R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// A word of capitals and then small letters, in either of two shares.
const std::string upper = R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])", lower = R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])";
std::string cased_words(const std::string& ending) {
  const std::string start = R"([^\r\n\p{L}\p{N}]?)";
  return start + upper + "*" + lower + "+" + ending + "|" + start + upper + "+" + lower + "*" + ending;
}
const std::string slash_lines_spaces = R"( ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string gpt4o = cased_words(contractions + "?") + R"(|\p{N}{1,3}|)" + slash_lines_spaces;
const std::string tekken = cased_words("") + R"(|\p{N}|)" + slash_lines_spaces;
const std::string bloom = " ?[^(\\s|.,!?…。，、।۔،)]+";
const std::string deepseek3_words =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// The formatter cannot measure these letters and cuts the lines anew each time.
// clang-format off
const std::string deepseek_letters =
    "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-"
    "ὅὈ-"
    "Ὅὐ-"
    "ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌ"
    "ῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-"
    "𐑏𐒰-"
    "𐓓𐓘-"
    "𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+";
// clang-format on
const std::string han_hangul = "[一-龥ࠀ-一가-퟿]+";
const std::string kimi_han = R"([\p{Han}]+|)" + [] {
  const std::string start = R"([^\r\n\p{L}\p{N}]?)";
  const std::string no_han_upper = R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]])";
  const std::string no_han_lower = R"([\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]])";
  return start + no_han_upper + "*" + no_han_lower + "+" + contractions + "?|" + start + no_han_upper + "+" +
         no_han_lower + "*" + contractions + "?";
}() + R"(|\p{N}{1,3}|)" + punctuation_lines_spaces;

struct Family {
  std::vector<std::string_view> names;
  GgufPattern pattern;
};

const std::vector<Family>& families() {
  static const std::vector<Family> list{
      {{"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"},
       {{llama3}, true, true, true}},
      {{"dbrx", "smaug-bpe", "chatglm-bpe"}, {{llama3}, false, true, {}}},
      {{"glm4", "glm5"}, {{llama3}, true, true, {}}},
      {{"qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2"},
       {{qwen2}, false, true, {}}},
      {{"qwen35"}, {{qwen35}, false, true, {}}},
      {{"gpt-2",      "gpt2",    "phi-2",  "jina-es",     "jina-de",         "gigachat",     "jina-v2-es",
        "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "jina-v1-en",      "jina-v2-code", "roberta-bpe",
        "mpt",        "olmo",    "jais",   "trillion",    "granite-docling", "exaone4"},
       {{gpt2}, false, true, {}}},
      {{"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"},
       {{R"(\p{N})", gpt2}, false, true, {}}},
      {{"deepseek-llm"},
       {{"[\r\n]", deepseek_letters, "\\s?[!-/:-~！-／：-～‘-‟　-。]+", R"(\s+$)", han_hangul, R"(\p{N}+)"},
        false,
        true,
        {}}},
      {{"deepseek-coder"}, {{"[\r\n]", R"(\s?\p{L}+)", R"(\s?\p{P}+)", han_hangul, R"(\p{N})"}, false, true, {}}},
      {{"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"},
       {{R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+", deepseek3_words}, false, true, {}}},
      {{"falcon"}, {{R"([\p{P}\$\+<=>\^~\|`]+)", gpt2, "[0-9][0-9][0-9]"}, false, true, {}}},
      {{"poro-chat", "bloom", "gpt3-finnish"}, {{bloom}, false, true, {}}},
      {{"viking"}, {{bloom, R"(\p{N})"}, false, true, {}}},
      {{"tekken"}, {{tekken}, true, true, true}},
      {{"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"}, {{gpt4o}, false, true, {}}},
      {{"granite-embed-multi-97m"}, {{gpt4o}, true, true, {}}},
      {{"tiny_aya", "cohere2moe"}, {{R"(\d{1,3}(?=(?:\d{3})*\b))", gpt4o}, false, true, {}}},
      {{"kimi-k2"}, {{kimi_han}, false, true, {}}},
      {{"superbpe"}, {{R"(\p{N}+)", R"((?=(\d{3})+(?!\d)))"}, false, true, {}}},
      {{"bailingmoe", "bailingmoe2", "llada-moe"},
       {{R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"},
        false,
        true,
        {}}},
      {{"seed-coder"},
       {{contractions + "|" + word + R"(|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)"}, false, true, {}}},
      {{"exaone-moe"},
       {{contractions +
         R"(|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)"},
        false,
        true,
        {}}},
      {{"jais-2"},
       {{contractions + "|" + word +
         R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1})"},
        false,
        true,
        {}}},
      {{"minicpm5"},
       {{R"(\p{N}{1,3})", contractions + "|" + word + R"(|\p{N}+|)" + punctuation_lines_spaces}, true, true, {}}},
      {{"chameleon"},
       {{"<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", R"(([\t\n]|    |  ))", R"(\p{N})",
         R"([\p{P}!-/:-@\[-`{-~])", gpt2},
        false,
        true,
        true}},
      {{"gemma4", "sarvam-moe", "granite-embed-multi-311m"}, {{R"([^\n]+|[\n]+)"}, false, false, {}}},
      // What converters write for models they do not know.
      {{"default", ""}, {{R"([\p{P}\$\+<=>\^~\|]+)", gpt2, R"(\p{N}+)", "[0-9][0-9][0-9]"}, false, true, {}}},
  };
  return list;
}

}  // namespace

std::optional<GgufPattern> gguf_pattern(std::string_view name) {
  for (const Family& family : families()) {
    for (const std::string_view known : family.names) {
      if (known == name) return family.pattern;
    }
  }
  return std::nullopt;
}

}  // namespace diptych
