#include "engine/host/training/training_word.h"

#include <algorithm>
#include <cctype>

#include "engine/core/context.h"
#include "engine/core/error.h"
#include "engine/diffusion/prompt/embedding_tokenizer.h"
#include "engine/host/http/errors.h"
#include "engine/io/files/ascii.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/mapped_file.h"
#include "engine/io/files/paths.h"
#include "engine/io/library/side_files.h"
#include "engine/train/data/captions.h"
#include "engine/train/image/image_base.h"
#include "engine/train/image/token_training.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

// The first "<…>" of a text, without spaces inside; empty: there is none.
std::string bracketed_word(const std::string& text) {
  constexpr size_t longest = 40;
  for (size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    const size_t end = text.find('>', at);
    if (end == text.npos) break;
    const std::string word = text.substr(at, end - at + 1);
    if (word.size() > 2 && word.size() <= longest && word.find_first_of(" \t\n:") == word.npos) return word;
  }
  return {};
}

// "10_red fox" is kohya's way to say that its pictures count ten times.
std::string without_repeats(const std::string& folder) {
  const size_t digits = folder.find_first_not_of("0123456789");
  const bool counted = digits != folder.npos && digits > 0 && folder[digits] == '_';
  return counted ? folder.substr(digits + 1) : folder;
}

// Whether a file system takes it as a name, so that prompts can find the file by it.
bool is_file_name(const std::string& word) {
  constexpr size_t longest = 120;
  return !word.empty() && word.size() <= longest && word.front() != '.' && word.find('/') == word.npos &&
         std::ranges::none_of(word, [](unsigned char c) { return std::iscntrl(c) != 0; });
}

// "<fox>", "<fox-2>", "<fox-3>".
std::string numbered(const std::string& word, int number) {
  if (number == 1) return word;
  const std::string ending = "-" + std::to_string(number);
  return word.ends_with('>') ? word.substr(0, word.size() - 1) + ending + ">" : word + ending;
}

bool hold_the_same(const fs::path& a, const fs::path& b) {
  const auto first = MappedFile::open(a), second = MappedFile::open(b);
  return std::ranges::equal(first->bytes(), second->bytes());
}

}  // namespace

SuggestedWord suggested_word(std::span<const train::PictureItem> items, const fs::path& data) {
  const auto told = std::ranges::find_if(items, [](const auto& item) { return !item.caption.empty(); });
  const std::string named = told == items.end() ? "" : bracketed_word(told->caption);
  if (!named.empty()) {
    const auto count = std::ranges::count_if(items, [&](const train::PictureItem& item) {
      return !item.regularization && train::names_token(item.caption, named);
    });
    if (2 * count > std::ssize(items)) return {named, true};
  }
  const fs::path whole = data.lexically_normal();
  const fs::path last = whole.has_filename() ? whole.filename() : whole.parent_path().filename();
  return {"<" + ascii_lower(folder_name(without_repeats(last.stem().string()))) + ">", false};
}

api::WordReport word_report(const ModelRegistry& registry, const TrainingTarget& target) {
  const train::Recipe& recipe = target.recipe;
  if (target.kind != train::BaseKind::image) {
    throw Error(ErrorCategory::unsupported, "cannot learn word", recipe.token, "the base is a language model",
                "choose a base of Stable Diffusion 1, 2 or XL");
  }
  api::WordReport report;
  report.word = recipe.token;
  try {
    Context meta(meta_device, 1);
    const train::ImageBase base(meta, registry, train::image_base_ref(recipe, target.path));
    report.start_tokens = train::check_word(base.model(), recipe.token, recipe.token_start);
  } catch (const Error& error) {
    report.error = describe(error);
  }
  for (const train::PictureItem& item : train::read_picture_sources(recipe.data, recipe.folder).items) {
    if (item.regularization) continue;
    ++report.captions;
    if (train::names_token(train::plain_caption(item.caption, recipe.image), recipe.token)) ++report.named;
  }
  return report;
}

std::string without_word(const std::string& prompt, const std::string& word, const std::string& start) {
  const diffusion::EmbeddingWords words{{word, {0}}};
  std::string result;
  for (size_t at = 0;;) {
    const diffusion::FoundWord found = diffusion::find_embedding_word(prompt, words, at);
    if (found.ids == nullptr) return result + prompt.substr(at);
    result += prompt.substr(at, found.begin - at) + (start.empty() ? "*" : start);
    at = found.end;
  }
}

std::vector<std::string> word_files(const api::TrainingResult& result) {
  const fs::path folder = fs::path(result.path).parent_path();
  std::vector<std::string> files;
  std::error_code error;
  for (const char* name : {"learned_embeds.safetensors", "learned_embeds_2.safetensors"})
    if (fs::is_regular_file(folder / name, error)) files.push_back((folder / name).string());
  return files;
}

api::KeptWord keep_word(const api::TrainingResult& result, const fs::path& base) {
  const std::string word = is_file_name(result.token) ? result.token : train::token_file(result.token).stem().string();
  const std::vector<fs::path> known = side_files(ModelKind::embedding, base);
  for (int number = 1;; ++number) {
    const std::string name = numbered(word, number);
    // Prompts do not tell large letters from small ones.
    const auto same = std::ranges::find_if(
        known, [&](const fs::path& file) { return ascii_lower(side_file_name(file)) == ascii_lower(name); });
    if (same != known.end()) {
      if (hold_the_same(*same, result.path)) return {name, same->string()};
      continue;
    }
    const fs::path path = models_dir() / "embeddings" / (name + ".safetensors");
    std::error_code error;
    if (fs::exists(path, error)) continue;  // and is no embedding
    AtomicFile file(path);
    file.write(MappedFile::open(result.path)->bytes());
    file.commit();
    return {name, path.string()};
  }
}

}  // namespace diptych::host
