// diptych chat: a conversation on the terminal, or one answer with -p.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/adapter_options.h"
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/cli/sampling_options.h"
#include "engine/core/error.h"
#include "engine/io/library/model_ref.h"
#include "engine/llm/chat_model.h"
#include "models/registry.h"

namespace diptych::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct ChatOptions {
  std::string model, prompt, system, kv = "f16", policy = "stop";
  std::vector<std::string> stop;
  int64_t max_tokens = 0, context_tokens = 0;
  bool json = false, raw = false;
  AdapterOptions adapters;
  EngineOptions engine;
  SamplingOptions sampling;
};

std::unique_ptr<ChatModel> load(const ChatOptions& options, const CancelToken& cancel) {
  if (options.engine.make_context().is_meta()) {
    throw Error(ErrorCategory::invalid_argument, "cannot chat", "--device meta",
                "it computes shapes and memory, no values", "use --device cpu");
  }
  ModelRegistry registry;
  models::register_all(registry);
  ProgressLine line;
  ChatModelOptions load;
  load.context_tokens = options.context_tokens;
  load.kv = options.kv == "f32" ? DType::f32 : DType::f16;
  load.threads = options.engine.threads;
  load.load.cancel = cancel;
  load.load.progress = [&](double fraction) {
    line.show("loading " + options.model + ": " + std::to_string(static_cast<int>(fraction * 100)) + "%");
  };
  const std::filesystem::path path = resolve_model(options.model, ModelKind::text);
  load.adapters = options.adapters.uses(path);
  load.adapter_mode = options.adapters.adapter_mode();
  return ChatModel::load(registry, path, load);
}

ContextPolicy policy_of(const std::string& name) {
  if (name == "drop-oldest") return ContextPolicy::drop_oldest;
  if (name == "summarise") return ContextPolicy::summarise;
  return ContextPolicy::stop;
}

struct Answer {
  std::string text, thinking;
  ChatResult result;
  double ttft_ms = 0;
};

// `show`: write while it grows; thinking goes to stderr, dimmed.
Answer answer(ChatModel& model, const ChatRequest& request, bool show) {
  Answer answer;
  const auto start = Clock::now();
  const bool terminal = isatty(STDERR_FILENO) == 1;
  answer.result = model.answer(request, [&](const ChatPiece& piece) {
    if (answer.ttft_ms == 0) answer.ttft_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    answer.text += piece.text;
    answer.thinking += piece.thinking;
    if (!show) return;
    if (!piece.thinking.empty() && terminal) {
      std::fprintf(stderr, "\033[2m%s\033[0m", piece.thinking.c_str());
    }
    if (!piece.text.empty()) {
      if (terminal && !answer.thinking.empty() && answer.text.size() == piece.text.size()) std::fputs("\n\n", stderr);
      std::fputs(piece.text.c_str(), stdout);
      std::fflush(stdout);
    }
  });
  return answer;
}

const char* reason_name(FinishReason reason) {
  return reason == FinishReason::stop ? "stop" : reason == FinishReason::length ? "length" : "context";
}

// The first token comes out of the prompt; decoding made the others.
double tokens_per_s(const ChatResult& result) {
  return result.decode_s > 0 && result.generated_tokens > 1
             ? static_cast<double>(result.generated_tokens - 1) / result.decode_s
             : 0;
}

void print_json(const Answer& answer, int64_t seed) {
  const ChatResult& result = answer.result;
  nlohmann::ordered_json json{{"text", answer.text},
                              {"finish_reason", reason_name(result.reason)},
                              {"prompt_tokens", result.prompt_tokens},
                              {"cached_tokens", result.cached_tokens},
                              {"completion_tokens", result.generated_tokens},
                              {"ttft_ms", answer.ttft_ms},
                              {"tokens_per_s", tokens_per_s(result)},
                              {"seed", seed},
                              {"dropped_turns", result.dropped_turns}};
  if (!answer.thinking.empty()) json["thinking"] = answer.thinking;
  std::printf("%s\n", json.dump(2).c_str());
}

ChatRequest request_of(const ChatOptions& options, const CancelToken& cancel) {
  ChatRequest request;
  request.sampler = options.sampling.make(options.engine.seed);
  request.stop = options.stop;
  request.max_tokens = options.max_tokens;
  request.context_policy = policy_of(options.policy);
  request.cancel = cancel;
  return request;
}

Messages opening(const ChatOptions& options) {
  Messages messages = Messages::array();
  if (!options.system.empty()) messages.push_back({{"role", "system"}, {"content", options.system}});
  return messages;
}

void answer_once(const ChatOptions& options, const std::string& prompt) {
  const CancelToken cancel = cancel_on_interrupt();
  const auto model = load(options, cancel);
  ChatRequest request = request_of(options, cancel);
  if (options.raw) {
    request.prompt = prompt;
  } else {
    request.conversation.messages = opening(options);
    request.conversation.messages.push_back({{"role", "user"}, {"content", prompt}});
  }
  const Answer one = answer(*model, request, !options.json);
  if (options.json) {
    print_json(one, request.sampler.seed);
  } else if (!one.text.ends_with('\n')) {
    std::fputc('\n', stdout);
  }
}

// A line that ends with a backslash goes on in the next one.
bool read_question(std::string& question) {
  question.clear();
  std::fputs("\n> ", stderr);
  for (std::string line; std::getline(std::cin, line);) {
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.back() = '\n';
    question += line;
    if (!goes_on) return true;
    std::fputs("… ", stderr);
  }
  return false;
}

void converse(const ChatOptions& options) {
  const auto model = load(options, cancel_on_interrupt());
  std::fprintf(stderr,
               "%s, context of %lld tokens. Ctrl+C stops an answer, Ctrl+D ends; /new begins anew, a line that ends "
               "with \\ goes on.\n",
               options.model.c_str(), static_cast<long long>(model->context_tokens()));
  Messages messages = opening(options);
  for (std::string question; read_question(question);) {
    if (question.find_first_not_of(" \t\n") == std::string::npos) continue;
    if (question == "/new") {
      messages = opening(options);
      continue;
    }
    if (question == "/exit" || question == "/quit") return;
    const CancelToken cancel = fresh_interrupt();
    ChatRequest request = request_of(options, cancel);
    messages.push_back({{"role", "user"}, {"content", question}});
    request.conversation.messages = messages;
    std::string written;
    try {
      const Answer turn = answer(*model, request, true);
      written = turn.text;
      std::fprintf(stderr, "\n[%.1f tokens/s, first after %.0f ms, %lld of %lld prompt tokens cached%s]\n",
                   tokens_per_s(turn.result), turn.ttft_ms, static_cast<long long>(turn.result.cached_tokens),
                   static_cast<long long>(turn.result.prompt_tokens),
                   turn.result.dropped_turns > 0 ? ", old turns left out" : "");
    } catch (const Error& error) {
      if (error.category() == ErrorCategory::cancelled) {
        std::fputs("\n[stopped]\n", stderr);
      } else {
        std::fprintf(stderr, "\ndiptych: error: %s\n", error.what());
      }
      messages.erase(messages.end() - 1);
      continue;
    }
    messages.push_back({{"role", "assistant"}, {"content", written}});
  }
  std::fputc('\n', stderr);
}

void run(const ChatOptions& options, bool has_prompt) {
  if (has_prompt) return answer_once(options, options.prompt);
  if (isatty(STDIN_FILENO) == 1 && !options.json && !options.raw) return converse(options);
  const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) throw CLI::RequiredError("-p or a prompt on stdin");
  answer_once(options, text);
}

}  // namespace

void add_chat(CLI::App& root) {
  auto options = std::make_shared<ChatOptions>();
  CLI::App* command = root.add_subcommand("chat", "Talk with a model, or get one answer with -p");
  command->add_option("model", options->model, "A GGUF file, a Hugging Face folder or a name from the model index")
      ->required();
  command->add_option("-p,--prompt", options->prompt,
                      "Ask this, print the answer and end (else: the terminal, or stdin)");
  command->add_option("--system", options->system, "System prompt");
  command->add_option("--max-tokens", options->max_tokens, "Tokens of an answer at most (default: as many as fit)")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40));
  command->add_option("--stop", options->stop, "Text that ends an answer; repeatable");
  command->add_option("--context", options->context_tokens, "Tokens of context (default: the model's, at most 8192)")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 24));
  command->add_option("--kv", options->kv, "Type of the KV cache")
      ->check(CLI::IsMember({"f16", "f32"}))
      ->capture_default_str();
  command->add_option("--context-policy", options->policy, "When the context is full")
      ->check(CLI::IsMember({"stop", "drop-oldest", "summarise"}))
      ->capture_default_str();
  command->add_flag("--raw", options->raw, "Go on with the text as it stands, without a chat template");
  command->add_flag("--json", options->json, "One JSON document");
  options->adapters.add_to(*command);
  options->engine.add_to(*command);
  options->sampling.add_to(*command);
  command->callback([options, command] { run(*options, command->count("--prompt") > 0); });
}

}  // namespace diptych::cli
