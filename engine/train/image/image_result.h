// What training of an image model leaves behind.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "engine/diffusion/schedules/schedule.h"
#include "engine/train/image/image_base.h"
#include "engine/train/image/image_components.h"

namespace diptych::train {

// FOLDER/adapter.safetensors as kohya's sd-scripts write it, and, of LoRA and DoRA,
// FOLDER/pytorch_lora_weights.safetensors as a pipeline
// of diffusers does, one file of all components. Error (io).
void write_image_adapter(Context& ctx, std::span<const TrainedComponent> components, const ImageBase& base,
                         const std::string& base_name, const std::filesystem::path& folder);

// Whether write_component() could write them, before they are trained. Error (unsupported): the base is a GGUF file.
void check_writable(std::span<const TrainedComponent> components, const ImageBase& base);

// FOLDER/unet, FOLDER/transformer or FOLDER/text_encoder…, a component of diffusers: config.json and all weights in
// f32. Error (io).
void write_component(Context& ctx, const TrainedComponent& component, const ImageBase& base,
                     const std::filesystem::path& folder);

// Makes the components' folders a whole pipeline, where the base is one: its other files, linked where the disk allows,
// and a scheduler that says what the denoiser predicts now. Error (io).
void complete_pipeline(const ImageBase& base, std::span<const TrainedComponent> components, const LossOptions& loss,
                       diffusion::Prediction prediction, const std::filesystem::path& folder);

}  // namespace diptych::train
