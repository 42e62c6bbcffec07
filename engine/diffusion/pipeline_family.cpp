#include "engine/diffusion/pipeline_family.h"

#include <array>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

struct PipelineClass {
  const char* name;
  ImageFamily family;
};

// What differs between text-to-image, image-to-image and inpainting pipelines is the request, not the model.
constexpr std::array pipeline_classes{
    PipelineClass{"StableDiffusionPipeline", ImageFamily::stable_diffusion},
    PipelineClass{"StableDiffusionImg2ImgPipeline", ImageFamily::stable_diffusion},
    PipelineClass{"StableDiffusionInpaintPipeline", ImageFamily::stable_diffusion},
    PipelineClass{"StableDiffusionXLPipeline", ImageFamily::sdxl},
    PipelineClass{"StableDiffusionXLImg2ImgPipeline", ImageFamily::sdxl},
    PipelineClass{"StableDiffusionXLInpaintPipeline", ImageFamily::sdxl},
    PipelineClass{"StableDiffusion3Pipeline", ImageFamily::sd3},
    PipelineClass{"FluxPipeline", ImageFamily::flux},
    PipelineClass{"PixArtAlphaPipeline", ImageFamily::pixart},
    PipelineClass{"PixArtSigmaPipeline", ImageFamily::pixart},
    PipelineClass{"SanaPipeline", ImageFamily::sana},
    PipelineClass{"ZImagePipeline", ImageFamily::z_image},
    PipelineClass{"QwenImagePipeline", ImageFamily::qwen_image},
    PipelineClass{"CausalTextPixArtPipeline", ImageFamily::causal_text},
    PipelineClass{"DiTPipeline", ImageFamily::dit},
};

}  // namespace

ImageFamily family_of_pipeline(const std::string& pipeline, const std::string& path) {
  std::string known;
  for (const PipelineClass& one : pipeline_classes) {
    if (pipeline == one.name) return one.family;
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  }
  throw Error(ErrorCategory::unsupported, "cannot load pipeline", path,
              "pipelines of class " + pipeline + " are not supported", "choose one of these: " + known);
}

std::string usual_scheduler(ImageFamily family, bool distilled_guidance, const std::string& prediction,
                            bool zero_terminal_snr) {
  if (family == ImageFamily::sd3 || family == ImageFamily::z_image)
    return R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0})";
  if (family == ImageFamily::qwen_image) {
    return R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 1.0, "use_dynamic_shifting": true, )"
           R"("base_shift": 0.5, "max_shift": 0.9, "base_image_seq_len": 256, "max_image_seq_len": 8192, )"
           R"("shift_terminal": 0.02, "time_shift_type": "exponential"})";
  }
  if (family == ImageFamily::flux) {
    return distilled_guidance
               ? R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0, "use_dynamic_shifting": true})"
               : R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 1.0})";
  }
  if (family == ImageFamily::sana) {
    return R"({"_class_name": "DPMSolverMultistepScheduler", "prediction_type": "flow_prediction",
               "use_flow_sigmas": true, "flow_shift": 3.0})";
  }
  nlohmann::json config{{"_class_name", "EulerDiscreteScheduler"},
                        {"beta_start", 0.00085},
                        {"beta_end", 0.012},
                        {"beta_schedule", "scaled_linear"},
                        {"timestep_spacing", "leading"},
                        {"steps_offset", 1},
                        {"prediction_type", prediction.empty() ? "epsilon" : prediction}};
  if (family == ImageFamily::stable_diffusion) {
    config["_class_name"] = "PNDMScheduler";
    config["skip_prk_steps"] = true;
    config["set_alpha_to_one"] = false;
  }
  if (zero_terminal_snr) {
    config["_class_name"] = "EulerDiscreteScheduler";
    config.erase("skip_prk_steps");
    config.erase("set_alpha_to_one");
    config["rescale_betas_zero_snr"] = true;
    config["timestep_spacing"] = "trailing";
  }
  return config.dump();
}

LatentScale usual_latent_scale(ImageFamily family) {
  switch (family) {
    case ImageFamily::sdxl:
      return {.scaling_factor = 0.13025};
    case ImageFamily::sd3:
      return {.scaling_factor = 1.5305, .shift_factor = 0.0609};
    case ImageFamily::flux:
    case ImageFamily::z_image:
      return {.scaling_factor = 0.3611, .shift_factor = 0.1159};
    default:
      return {.scaling_factor = 0.18215};
  }
}

}  // namespace diptych::diffusion
