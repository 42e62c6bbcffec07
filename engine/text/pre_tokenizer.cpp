#include "engine/text/pre_tokenizer.h"

#include <functional>
#include <nlohmann/json.hpp>

#include "engine/text/byte_level.h"
#include "engine/text/split.h"
#include "engine/text/tokenizer_fields.h"
#include "engine/text/unicode.h"

namespace diptych {
namespace {

using nlohmann::json;

constexpr const char* gpt2_pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class PatternSplit final : public PreTokenizer {
 public:
  PatternSplit(TextPattern pattern, SplitBehavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}
  void split(Pieces& pieces) const override {
    cut_spans(pieces, [&](std::string_view text, std::vector<SplitPart>& parts) {
      collect_parts(
          text.size(), [&](const auto& visit) { pattern_.for_each(text, visit); }, invert_, parts);
      apply_behavior(parts, behavior_);
    });
  }

 private:
  TextPattern pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

// Cuts at single characters of a class.
class CharacterSplit final : public PreTokenizer {
 public:
  CharacterSplit(std::function<bool(char32_t)> in, SplitBehavior behavior) : in_(std::move(in)), behavior_(behavior) {}
  void split(Pieces& pieces) const override {
    cut_spans(pieces, [&](std::string_view text, std::vector<SplitPart>& parts) {
      const auto characters = [&](const auto& visit) {
        for (size_t at = 0; at < text.size();) {
          const Utf8Step step = utf8_step(text, at);
          if (in_(step.c)) visit(at, at + step.bytes);
          at += step.bytes;
        }
      };
      collect_parts(text.size(), characters, false, parts);
      apply_behavior(parts, behavior_);
    });
  }

 private:
  std::function<bool(char32_t)> in_;
  SplitBehavior behavior_;
};

// Runs of word characters, runs of other characters, no white space.
class Whitespace final : public PreTokenizer {
 public:
  void split(Pieces& pieces) const override {
    cut_spans(pieces, [](std::string_view text, std::vector<SplitPart>& parts) {
      parts.clear();
      int previous = 0;  // 0: white space, 1: word, 2: other
      for (size_t at = 0; at < text.size();) {
        const Utf8Step step = utf8_step(text, at);
        const int kind = is_word(step.c) || step.c == 0x200C || step.c == 0x200D ? 1 : is_space(step.c) ? 0 : 2;
        if (kind != 0 && kind == previous) {
          parts.back().end = at + step.bytes;
        } else if (kind != 0) {
          parts.push_back({at, at + step.bytes, true});
        }
        previous = kind;
        at += step.bytes;
      }
    });
  }
};

class ByteLevelPreTokenizer final : public PreTokenizer {
 public:
  explicit ByteLevelPreTokenizer(bool add_prefix_space) : add_prefix_space_(add_prefix_space) {}
  void split(Pieces& pieces) const override {
    rewrite_spans(pieces, [&](std::string& out, std::string_view text, bool) {
      if (add_prefix_space_ && !text.starts_with(' ')) append_byte_level(out, " ");
      append_byte_level(out, text);
    });
  }

 private:
  bool add_prefix_space_;
};

// A space in front of each piece that has none.
class PrefixSpace final : public PreTokenizer {
 public:
  void split(Pieces& pieces) const override {
    rewrite_spans(pieces, [](std::string& out, std::string_view text, bool) {
      if (!text.starts_with(' ')) out.push_back(' ');
      out += text;
    });
  }
};

class MetaspacePreTokenizer final : public PreTokenizer {
 public:
  enum class Prepend { never, first, always };
  MetaspacePreTokenizer(std::string marker, Prepend prepend, bool cut)
      : marker_(std::move(marker)), prepend_(prepend), cut_(cut) {}
  void split(Pieces& pieces) const override {
    rewrite_spans(pieces, [&](std::string& out, std::string_view text, bool at_start) {
      const bool marked = text.starts_with(' ') || text.starts_with(marker_);
      if (!marked && (prepend_ == Prepend::always || (prepend_ == Prepend::first && at_start))) out += marker_;
      for (const char c : text) c == ' ' ? out.append(marker_) : out.append(1, c);
    });
    if (!cut_) return;
    const TextPattern pattern(marker_);
    cut_spans(pieces, [&](std::string_view text, std::vector<SplitPart>& parts) {
      collect_parts(
          text.size(), [&](const auto& visit) { pattern.for_each(text, visit); }, false, parts);
      apply_behavior(parts, SplitBehavior::merged_with_next);
    });
  }

 private:
  std::string marker_;
  Prepend prepend_;
  bool cut_;
};

class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(int64_t characters) : characters_(characters) {}
  void split(Pieces& pieces) const override {
    cut_spans(pieces, [&](std::string_view text, std::vector<SplitPart>& parts) {
      parts.clear();
      int64_t count = 0;
      for (size_t at = 0; at < text.size(); ++count) {
        const size_t bytes = utf8_step(text, at).bytes;
        if (count % characters_ == 0) parts.push_back({at, at, true});
        at += bytes;
        parts.back().end = at;
      }
    });
  }

 private:
  int64_t characters_;
};

class PreTokenizerSteps final : public PreTokenizer {
 public:
  explicit PreTokenizerSteps(std::vector<std::unique_ptr<PreTokenizer>> steps) : steps_(std::move(steps)) {}
  void split(Pieces& pieces) const override {
    for (const auto& step : steps_) step->split(pieces);
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

SplitBehavior parse_behavior(const json& value, const char* fallback, const std::string& path) {
  const std::string name = string_field(value, "behavior", fallback, path);
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  fail_tokenizer(path, "\"" + name + "\" is no way of splitting");
}

std::unique_ptr<PreTokenizer> parse_metaspace(const json& value, const std::string& path) {
  const std::string marker = to_utf8(character_field(value, "replacement", 0x2581, path));
  // Files from before prepend_scheme say add_prefix_space.
  const char* fallback = bool_field(value, "add_prefix_space", true, path) ? "always" : "never";
  const std::string scheme = string_field(value, "prepend_scheme", fallback, path);
  const bool cut = bool_field(value, "split", true, path);
  if (scheme == "never")
    return std::make_unique<MetaspacePreTokenizer>(marker, MetaspacePreTokenizer::Prepend::never, cut);
  if (scheme == "first")
    return std::make_unique<MetaspacePreTokenizer>(marker, MetaspacePreTokenizer::Prepend::first, cut);
  if (scheme == "always")
    return std::make_unique<MetaspacePreTokenizer>(marker, MetaspacePreTokenizer::Prepend::always, cut);
  fail_tokenizer(path, "\"" + scheme + "\" is no prepend_scheme");
}

std::unique_ptr<PreTokenizer> parse_byte_level(const json& value, const std::string& path) {
  const bool prefix = bool_field(value, "add_prefix_space", true, path);
  if (!bool_field(value, "use_regex", true, path)) return std::make_unique<ByteLevelPreTokenizer>(prefix);
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  if (prefix) steps.push_back(std::make_unique<PrefixSpace>());
  steps.push_back(
      std::make_unique<PatternSplit>(TextPattern(Regex(gpt2_pattern, path)), SplitBehavior::isolated, false));
  steps.push_back(std::make_unique<ByteLevelPreTokenizer>(false));
  return std::make_unique<PreTokenizerSteps>(std::move(steps));
}

}  // namespace

std::unique_ptr<PreTokenizer> make_pattern_splits(const std::vector<std::string>& patterns, bool byte_level,
                                                  const std::string& path) {
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  for (const std::string& pattern : patterns)
    steps.push_back(std::make_unique<PatternSplit>(TextPattern(Regex(pattern, path)), SplitBehavior::isolated, false));
  if (byte_level) steps.push_back(std::make_unique<ByteLevelPreTokenizer>(false));
  return std::make_unique<PreTokenizerSteps>(std::move(steps));
}

std::unique_ptr<PreTokenizer> parse_pre_tokenizer(const json& value, const std::string& path) {
  if (value.is_null()) return nullptr;
  const std::string type = type_of(value, path);
  if (type == "Sequence") {
    std::vector<std::unique_ptr<PreTokenizer>> steps;
    for (const json& step : array_field(value, "pretokenizers", path)) {
      if (auto made = parse_pre_tokenizer(step, path)) steps.push_back(std::move(made));
    }
    return std::make_unique<PreTokenizerSteps>(std::move(steps));
  }
  if (type == "ByteLevel") return parse_byte_level(value, path);
  if (type == "Metaspace") return parse_metaspace(value, path);
  if (type == "Split") {
    return std::make_unique<PatternSplit>(TextPattern(value, "pattern", path), parse_behavior(value, "Removed", path),
                                          bool_field(value, "invert", false, path));
  }
  if (type == "Digits") {
    const bool individual = bool_field(value, "individual_digits", false, path);
    return std::make_unique<CharacterSplit>(is_numeric,
                                            individual ? SplitBehavior::isolated : SplitBehavior::contiguous);
  }
  if (type == "Punctuation")
    return std::make_unique<CharacterSplit>(is_punctuation, parse_behavior(value, "Isolated", path));
  if (type == "Whitespace") return std::make_unique<Whitespace>();
  if (type == "WhitespaceSplit") return std::make_unique<CharacterSplit>(is_space, SplitBehavior::removed);
  if (type == "CharDelimiterSplit") {
    const char32_t delimiter = character_field(value, "delimiter", U' ', path);
    return std::make_unique<CharacterSplit>([delimiter](char32_t c) { return c == delimiter; }, SplitBehavior::removed);
  }
  if (type == "BertPreTokenizer") {
    std::vector<std::unique_ptr<PreTokenizer>> steps;
    steps.push_back(std::make_unique<CharacterSplit>(is_space, SplitBehavior::removed));
    steps.push_back(std::make_unique<CharacterSplit>(is_punctuation, SplitBehavior::isolated));
    return std::make_unique<PreTokenizerSteps>(std::move(steps));
  }
  if (type == "FixedLength") {
    const int64_t characters = integer_field(value, "length", 5, path);
    if (characters < 1) fail_tokenizer(path, "a FixedLength of less than one");
    return std::make_unique<FixedLength>(characters);
  }
  fail_unsupported(path, "its pre-tokenizer \"" + type + "\" is not read yet");
}

}  // namespace diptych
