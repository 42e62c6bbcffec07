// Rewriting of text before it is split, as tokenizer.json describes it.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace diptych {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual std::string normalize(std::string text) const = 0;  // valid UTF-8 to valid UTF-8
};

std::unique_ptr<Normalizer> make_prepend(std::string prefix);  // not in front of nothing
std::unique_ptr<Normalizer> make_replace(std::string from, std::string to);
std::unique_ptr<Normalizer> make_space_collapse();  // SentencePiece's remove_extra_whitespaces
std::unique_ptr<Normalizer> make_normalizer_sequence(std::vector<std::unique_ptr<Normalizer>> steps);

// nullptr for null. Error (invalid_file, unsupported) names `path`.
std::unique_ptr<Normalizer> parse_normalizer(const nlohmann::json& value, const std::string& path);

}  // namespace diptych
