#include "engine/text/vocabulary.h"

namespace diptych {

Vocabulary::Vocabulary(std::vector<std::string> texts) : texts_(std::move(texts)) {
  ids_.reserve(texts_.size());
  for (int32_t id = 0; id < size(); ++id) {
    if (!texts_[id].empty()) ids_.emplace(texts_[id], id);
  }
}

}  // namespace diptych
