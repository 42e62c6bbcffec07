// A SentencePiece file (spiece.model) of kind Unigram, as T5 and what is built on it have it.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace diptych {

// The tokenizer.json that transformers makes of it for a T5: the file's own character map, words apart, "▁" in front of
// each, "</s>" behind the text, and `extra_ids` sentinels <extra_id_N> behind the pieces, the last one first. Error
// (invalid_file, unsupported for other kinds).
nlohmann::json t5_tokenizer_json(const std::filesystem::path& spiece_model, int extra_ids);

}  // namespace diptych
