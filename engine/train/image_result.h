// What training of an image model leaves behind.
#pragma once

#include <filesystem>
#include <string>

#include "engine/diffusion/schedule.h"
#include "engine/train/adapter_training.h"
#include "engine/train/full.h"
#include "engine/train/image_base.h"

namespace diptych::train {

// FOLDER/adapter.safetensors as kohya's sd-scripts write it, and FOLDER/pytorch_lora_weights.safetensors as a pipeline
// of diffusers does. Error (io).
void write_image_adapter(Context& ctx, const AdapterTraining& part, const ImageBase& base, const std::string& base_name,
                         const std::filesystem::path& folder);

// FOLDER/unet or FOLDER/transformer, a component of diffusers: config.json and all weights in f32. Error (io);
// unsupported where the base is a GGUF file.
void write_denoiser(Context& ctx, const FullTraining& part, const ImageBase& base, const std::filesystem::path& folder);

// Makes the denoiser's folder a whole pipeline, where the base is one: its other files, linked where the disk allows,
// and a scheduler that says what the denoiser predicts now. Error (io).
void complete_pipeline(const ImageBase& base, const LossOptions& loss, diffusion::Prediction prediction,
                       const std::filesystem::path& folder);

}  // namespace diptych::train
