#include "engine/text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

#include "engine/core/error.h"

namespace diptych {

template <auto Free>
struct PcreFreer {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using PcreCode = std::unique_ptr<pcre2_code, PcreFreer<pcre2_code_free>>;

namespace {

constexpr size_t max_pattern_bytes = 1u << 16;
constexpr uint32_t max_match_steps = 5'000'000;
constexpr uint32_t max_heap_kib = 256 * 1024;

using CompileContext = std::unique_ptr<pcre2_compile_context, PcreFreer<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, PcreFreer<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, PcreFreer<pcre2_match_data_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, PcreFreer<pcre2_jit_stack_free>>;

// What a match writes to; one per thread, as patterns are shared.
struct Scratch {
  MatchData data{pcre2_match_data_create(1, nullptr)};
  MatchContext context{pcre2_match_context_create(nullptr)};
  JitStack stack{pcre2_jit_stack_create(32 * 1024, 16 * 1024 * 1024, nullptr)};

  Scratch() {
    pcre2_set_match_limit(context.get(), max_match_steps);
    pcre2_set_heap_limit(context.get(), max_heap_kib);
    if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
};

Scratch& scratch() {
  static thread_local Scratch instance;
  return instance;
}

std::string message_of(int code) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct Regex::Compiled {
  PcreCode code;
  std::string pattern, origin;
};

Regex::Regex(std::string_view oniguruma_pattern, const std::string& origin) : compiled_(std::make_unique<Compiled>()) {
  const auto fail = [&](const std::string& why) {
    throw Error(
        ErrorCategory::invalid_file, "cannot read tokenizer", origin,
        "the pattern \"" + std::string(oniguruma_pattern.substr(0, 200)) + "\" is no regular expression: " + why,
        "download the tokenizer again");
  };
  if (oniguruma_pattern.size() > max_pattern_bytes) fail("it is longer than 64 KiB");
  compiled_->origin = origin;
  compiled_->pattern = pcre_pattern(oniguruma_pattern);
  const CompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), 100);
  int code = 0;
  PCRE2_SIZE at = 0;
  const std::string& pattern = compiled_->pattern;
  compiled_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code, &at,
                                      context.get()));
  if (!compiled_->code) fail(message_of(code));
  pcre2_jit_compile(compiled_->code.get(), PCRE2_JIT_COMPLETE);  // where it cannot, the interpreter serves
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

Regex::Match Regex::find(std::string_view text, size_t from) const {
  Scratch& use = scratch();
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.empty() ? "" : text.data());
  int count = pcre2_match(compiled_->code.get(), subject, text.size(), from, PCRE2_NO_UTF_CHECK, use.data.get(),
                          use.context.get());
  if (count == PCRE2_ERROR_JIT_STACKLIMIT) {
    count = pcre2_match(compiled_->code.get(), subject, text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                        use.data.get(), use.context.get());
  }
  if (count == PCRE2_ERROR_NOMATCH) return {npos, npos};
  if (count < 0) {
    throw Error(ErrorCategory::unsupported, "cannot tokenize", compiled_->origin,
                "its pattern gives up on this text: " + message_of(count), "shorten the text");
  }
  const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(use.data.get());
  // \K may put the start behind the end or before `from`.
  return {std::max<size_t>(offsets[0], from), std::max<size_t>({offsets[0], offsets[1], from})};
}

size_t Regex::next_character(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

}  // namespace diptych
