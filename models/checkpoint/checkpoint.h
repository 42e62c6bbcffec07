// Checkpoints of one file as image programs keep them (safetensors, GGUF): Stable Diffusion 1.x, 2.x, XL and its
// refiner, their inpainting forms, SD3, FLUX, Z-Image, Qwen-Image; also single autoencoders, text encoders and
// ControlNets. Which family it is, the names and shapes of the weights tell; names as their authors' code, ComfyUI and
// stable-diffusion.cpp write them.
#pragma once

#include "engine/model/checkpoint.h"

namespace diptych::models {

Checkpoint read_checkpoint(const std::filesystem::path& path);

}  // namespace diptych::models
