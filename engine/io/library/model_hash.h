// The hash that tells an image model from others of its name, as pictures carry it: SHA-256 of its file, whose first
// ten digits A1111 writes. Of a pipeline's folder it is that of its denoiser's weights; where those are several files,
// that of a line "<sha256>  <name>" each.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/cancel.h"
#include "engine/io/library/file_hashes.h"

namespace diptych {

// The files that are hashed, by name. Error: invalid_file (model_index.json).
std::vector<std::filesystem::path> hashed_files(const std::filesystem::path& model);

// Where all of them were hashed before and have not changed since.
std::optional<std::string> known_model_hash(const std::filesystem::path& model, const KnownHashes& known);

// Remembered as file_hash() does. Error: not_found (no weights), io, cancelled.
std::string model_hash(const std::filesystem::path& model, const CancelToken& cancel = {});

}  // namespace diptych
