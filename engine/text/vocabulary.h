// The tokens of a model: text by id and id by text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diptych {

class Vocabulary {
 public:
  Vocabulary() = default;
  // Where a text appears twice the first id is the one found. Ids without a token have an empty text.
  explicit Vocabulary(std::vector<std::string> texts);

  Vocabulary(const Vocabulary&) = delete;  // the map looks into the texts
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  int32_t size() const { return static_cast<int32_t>(texts_.size()); }
  bool contains(int32_t id) const { return id >= 0 && id < size(); }
  std::string_view text(int32_t id) const { return contains(id) ? std::string_view(texts_[id]) : std::string_view(); }
  std::optional<int32_t> find(std::string_view text) const {
    const auto found = ids_.find(text);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string_view, int32_t> ids_;
};

}  // namespace diptych
