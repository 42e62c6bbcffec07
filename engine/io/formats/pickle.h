// Weights in Python's pickle format are programs, not data: they are told apart and refused, never read.
#pragma once

#include <filesystem>

namespace diptych {

// .ckpt, .pth, .pt, .bin, .pkl in either case; whatever the file holds.
bool has_pickle_name(const std::filesystem::path& path);

// Whether the file's first bytes are those of a pickle or of PyTorch's archive of one.
bool is_pickle(const std::filesystem::path& path);

// Error (unsupported) where they are; it says how to convert it.
void refuse_pickle(const std::filesystem::path& path);

// The same for a folder whose weights are pickles alone (pytorch_model.bin, diffusion_pytorch_model.bin).
void refuse_pickled_folder(const std::filesystem::path& folder);

}  // namespace diptych
