#include "engine/llm/plain_answer.h"

#include <vector>

#include "engine/llm/generator.h"
#include "engine/llm/kv_pool.h"

namespace diptych {

std::string plain_answer(Context& ctx, const CausalLm& model, const Tokenizer& tokenizer, const PromptBuilder& prompts,
                         const std::string& question, int64_t most_tokens) {
  PromptRequest request;
  request.messages = {{{"role", "user"}, {"content", question}}};
  const Prompt built = prompts.build(request);
  const auto context = static_cast<int64_t>(built.tokens.size()) + most_tokens + 1;
  const KvLayout layout = model.kv_layout();
  KvPool pool(ctx, layout, blocks_for(context, layout) + 1);
  Generator generator(
      ctx, model, pool, context, [&](int32_t id) { return tokenizer.is_end_of_generation(id); },
      [&](int32_t id) { return tokenizer.is_control(id); });
  GenerateOptions options;
  options.sampler.temperature = 0;
  options.max_tokens = most_tokens;
  options.cancel = ctx.cancel;
  std::vector<int32_t> tokens;
  generator.generate(built.tokens, options, [&](const GeneratedToken& token) {
    if (!token.end) tokens.push_back(token.id);
    return true;
  });
  return tokenizer.decode(tokens, true);
}

}  // namespace diptych
