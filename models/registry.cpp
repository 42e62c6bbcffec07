#include "models/registry.h"

#include "models/checkpoint/checkpoint.h"
#include "models/clip/clip_text.h"
#include "models/clip/clip_vision.h"
#include "models/controlnet/controlnet.h"
#include "models/dit/dit.h"
#include "models/esrgan/rrdb_net.h"
#include "models/flux/flux.h"
#include "models/gemma2/gemma2.h"
#include "models/gemma3/gemma3.h"
#include "models/ip_adapter/ip_adapter.h"
#include "models/llama/llama.h"
#include "models/mistral/mistral.h"
#include "models/phi3/phi3.h"
#include "models/pixart/pixart.h"
#include "models/qwen2/qwen2.h"
#include "models/qwen3/qwen3.h"
#include "models/qwen_image/qwen_image.h"
#include "models/sana/sana.h"
#include "models/sd3/sd3.h"
#include "models/t2i_adapter/t2i_adapter.h"
#include "models/t5/t5_encoder.h"
#include "models/unet/unet.h"
#include "models/vae/autoencoder_dc.h"
#include "models/vae/autoencoder_kl.h"
#include "models/vae/autoencoder_qwen.h"
#include "models/vae/autoencoder_tiny.h"
#include "models/wan/wan.h"
#include "models/z_image/z_image.h"

namespace diptych::models {

void register_all(ModelRegistry& registry) {
  registry.add_causal_lm({"llama"}, load_llama);
  registry.add_causal_lm({"mistral"}, load_mistral);
  registry.add_causal_lm({"phi3"}, load_phi3);
  registry.add_causal_lm({"qwen2", "qwen2_5_vl", "qwen2_5_vl_text", "qwen2vl"}, load_qwen2);
  registry.add_causal_lm({"qwen3", "qwen3_moe", "qwen3moe"}, load_qwen3);
  registry.add_causal_lm({"gemma2"}, load_gemma2);
  registry.add_causal_lm({"gemma3", "gemma3_text"}, load_gemma3);
  registry.add_text_encoder({"clip_text_model", "clip"}, load_clip_text);
  registry.add_text_encoder({"t5", "t5encoder"}, load_t5_encoder);
  registry.add_denoiser({"DiTTransformer2DModel"}, load_dit);
  registry.add_denoiser({"FluxTransformer2DModel", "flux"}, load_flux);
  registry.add_denoiser({"PixArtTransformer2DModel"}, load_pixart);
  registry.add_denoiser({"QwenImageTransformer2DModel"}, load_qwen_image);
  registry.add_denoiser({"SanaTransformer2DModel"}, load_sana);
  registry.add_denoiser({"SD3Transformer2DModel", "sd3"}, load_sd3);
  registry.add_denoiser({"UNet2DConditionModel"}, load_unet);
  registry.add_denoiser({"WanTransformer3DModel"}, load_wan);
  registry.add_denoiser({"ZImageTransformer2DModel"}, load_z_image);
  registry.add_autoencoder({"AutoencoderDC"}, load_autoencoder_dc);
  registry.add_autoencoder({"AutoencoderKL"}, load_autoencoder_kl);
  registry.add_autoencoder({"AutoencoderKLQwenImage"}, load_autoencoder_qwen);
  registry.add_autoencoder({"AutoencoderTiny"}, load_autoencoder_tiny);
  registry.add_control_model({"ControlNetModel"}, load_controlnet);
  registry.add_control_model({"T2IAdapter"}, load_t2i_adapter);
  registry.add_image_encoder({"clip_vision_model"}, load_clip_vision);
  registry.set_image_prompt_model(load_ip_adapter);
  registry.set_checkpoint_reader(read_checkpoint);
}

std::unique_ptr<ImageUpscaler> load_upscaler(Context& ctx, const std::filesystem::path& path,
                                             const LoadOptions& options) {
  return load_rrdb_net(ctx, open_weights(path), options);
}

}  // namespace diptych::models
