// What a chat model writes for the program itself: titles and summaries.
#include <algorithm>
#include <utility>

#include "engine/llm/chat_model.h"

namespace diptych {
namespace {

constexpr size_t title_bytes = 60;
constexpr int64_t summary_tokens = 256;

std::string first_line(std::string text) {
  const size_t begin = text.find_first_not_of(" \t\r\n\"'*#“”");
  if (begin == std::string::npos) return {};
  text.erase(0, begin);
  text.resize(std::min(text.find('\n'), text.size()));
  for (const char* prefix : {"Title:", "title:"}) {
    if (text.starts_with(prefix)) text.erase(0, std::string_view(prefix).size());
  }
  const size_t start = text.find_first_not_of(" \"'*#");
  text.erase(0, std::min(start, text.size()));
  const size_t end = text.find_last_not_of(" \t\r\"'*.:“”");
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

// Whole words, at most title_bytes.
std::string shortened(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  if (text.size() <= title_bytes) return text;
  size_t cut = text.rfind(' ', title_bytes - 3);
  if (cut == std::string::npos || cut < title_bytes / 3) {
    cut = title_bytes - 3;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  }
  return text.substr(0, cut) + "…";
}

std::string speaker(const nlohmann::ordered_json& message) {
  std::string role = message.value("role", std::string("user"));
  if (!role.empty() && role[0] >= 'a' && role[0] <= 'z') role[0] = static_cast<char>(role[0] - 'a' + 'A');
  return role;
}

}  // namespace

std::string ChatModel::complete(const std::string& instruction, int64_t max_tokens, const CancelToken& cancel) {
  ChatRequest request;
  request.conversation.messages = Messages::array({{{"role", "user"}, {"content", instruction}}});
  request.conversation.variables = {{"enable_thinking", false}};
  request.sampler.temperature = 0;
  request.max_tokens = max_tokens;
  request.cancel = cancel;
  std::string text;
  const FittedPrompt fitted{prompts_->build(request.conversation), 0};
  run(request, fitted, [&](const ChatPiece& piece) { text += piece.text; });
  return text;
}

std::string ChatModel::title(const std::string& question, const std::string& answer, const CancelToken& cancel) {
  // Enough to know the subject; a long question would make the title late.
  const auto excerpt = [&](const std::string& text) {
    const auto tokens = tokenizer_->encode(text);
    if (tokens.size() <= 200) return text;
    return tokenizer_->decode(std::span(tokens).first(200), true) + " …";
  };
  std::string title;
  if (prompts_->has_template()) {
    title =
        first_line(complete("Write a title of two to six words for the conversation below. Answer with the title "
                            "only.\n\nUser: " +
                                excerpt(question) + "\n\nAssistant: " + excerpt(answer),
                            24, cancel));
  }
  // Small models sometimes answer the question instead; a sentence is no title.
  if (title.empty() || title.size() > title_bytes) title = first_line(question);
  return shortened(std::move(title));
}

std::string ChatModel::summarise(const std::string& earlier, const Messages& messages) {
  const int64_t piece_tokens = std::max<int64_t>(64, context_tokens() / 2 - summary_tokens);
  std::string summary = earlier, piece;
  int64_t used = 0;
  const auto condense = [&] {
    if (piece.empty()) return;
    std::string instruction =
        "Summarise the conversation below in at most 120 words. Keep names, facts, decisions and open questions.\n\n";
    if (!summary.empty()) instruction += "What happened before: " + summary + "\n\n";
    std::string condensed = complete(instruction + piece, summary_tokens, cancel_);
    if (!condensed.empty()) summary = std::move(condensed);
    piece.clear();
    used = 0;
  };
  for (const auto& message : messages) {
    const auto content = message.find("content");
    if (content == message.end() || !content->is_string()) continue;
    const auto tokens = tokenizer_->encode(speaker(message) + ": " + content->get<std::string>() + "\n");
    for (std::span<const int32_t> rest = tokens; !rest.empty();) {
      if (used >= piece_tokens) condense();
      const auto n = std::min(rest.size(), static_cast<size_t>(piece_tokens - used));
      piece += tokenizer_->decode(rest.first(n), true);
      used += static_cast<int64_t>(n);
      rest = rest.subspan(n);
    }
  }
  condense();
  return summary;
}

}  // namespace diptych
