#!/usr/bin/env python3
"""Writes image pipelines of published shapes with random weights: models to measure speed with, not to look at.

usage: image_models.py FOLDER [sd15 | sdxl | flux | sd3 | pixart] … [--dtype float32 | float16]

Needs torch, transformers and diffusers. The tokenizers are the small ones of tests/golden. About 4 GB for sd15, 14 GB for
sdxl, 6 GB for flux, 9 GB for sd3 and 3 GB for pixart in float32. Denoisers have their published widths; FLUX has 2 of
its 19 double and 4 of its 38 single blocks. T5 encoders have T5-XXL's width and one layer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import diffusers
import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "golden"))
from goldenlib.tiny_tokenizers import make_clip, make_t5, save_clip, save_t5  # noqa: E402

BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000, timestep_spacing="leading", steps_offset=1)


def clip(hidden: int, layers: int, heads: int, projection: int, act: str, tokens: int, end: int) -> transformers.CLIPTextConfig:
    return transformers.CLIPTextConfig(hidden_size=hidden, intermediate_size=4 * hidden, num_hidden_layers=layers, num_attention_heads=heads,
                                       projection_dim=projection, hidden_act=act, vocab_size=max(49408, tokens), max_position_embeddings=77,
                                       bos_token_id=end - 1, eos_token_id=end, pad_token_id=end)


def autoencoder(scaling: float, channels: int = 4, shift: float | None = None) -> diffusers.AutoencoderKL:
    return diffusers.AutoencoderKL(in_channels=3, out_channels=3, latent_channels=channels, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
                                   down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4, sample_size=512,
                                   scaling_factor=scaling, shift_factor=shift, use_quant_conv=channels == 4, use_post_quant_conv=channels == 4)


def t5(tokens: int) -> transformers.T5EncoderModel:
    return transformers.T5EncoderModel(transformers.T5Config(vocab_size=max(32128, tokens), d_model=4096, d_kv=64, d_ff=10240, num_layers=1, num_heads=64,
                                                             feed_forward_proj="gated-gelu", is_encoder_decoder=False, use_cache=False,
                                                             tie_word_embeddings=False))


def tokenizer(folder: Path):
    made = make_clip(folder / "scratch_tokenizer")
    return made, made.convert_tokens_to_ids("<|endoftext|>")


@torch.no_grad()
def filled(build: Callable[[], torch.nn.Module], dtype: torch.dtype) -> torch.nn.Module:
    """A module with random weights that are made in their own type at once: SDXL's in float32 would take 10 GB on the way."""
    with torch.device("meta"):
        module = build().to(dtype)
    module.to_empty(device="cpu")
    for name, weight in module.named_parameters():
        if weight.ndim > 1:
            bound = weight[0].numel() ** -0.5
            weight.uniform_(-bound, bound)
        else:
            weight.fill_(1.0 if name.endswith("weight") else 0.0)
    return module


def sd15(folder: Path, dtype: torch.dtype) -> None:
    words, end = tokenizer(folder)
    unet = diffusers.UNet2DConditionModel(sample_size=64, in_channels=4, out_channels=4, layers_per_block=2, block_out_channels=(320, 640, 1280, 1280),
                                          cross_attention_dim=768, attention_head_dim=8)
    text = transformers.CLIPTextModel(clip(768, 12, 12, 768, "quick_gelu", len(words), end))
    pipe = diffusers.StableDiffusionPipeline(vae=autoencoder(0.18215), text_encoder=text, tokenizer=words, unet=unet,
                                             scheduler=diffusers.EulerDiscreteScheduler(**BETAS), safety_checker=None, feature_extractor=None,
                                             requires_safety_checker=False)
    save(pipe.to(dtype), folder, ["tokenizer"])


def sdxl(folder: Path, dtype: torch.dtype) -> None:
    words, end = tokenizer(folder)
    unet = filled(
        lambda: diffusers.UNet2DConditionModel(sample_size=128, in_channels=4, out_channels=4, layers_per_block=2, block_out_channels=(320, 640, 1280),
                                               down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
                                               up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=2048,
                                               attention_head_dim=(5, 10, 20), transformer_layers_per_block=(1, 2, 10), use_linear_projection=True,
                                               addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816),
        dtype)
    first = transformers.CLIPTextModel(clip(768, 12, 12, 768, "quick_gelu", len(words), end))
    second = transformers.CLIPTextModelWithProjection(clip(1280, 32, 20, 1280, "gelu", len(words), end))
    pipe = diffusers.StableDiffusionXLPipeline(vae=autoencoder(0.13025), text_encoder=first, text_encoder_2=second, tokenizer=words, tokenizer_2=words,
                                               unet=unet, scheduler=diffusers.EulerDiscreteScheduler(**BETAS), add_watermarker=False)
    save(pipe.to(dtype), folder, ["tokenizer", "tokenizer_2"])


def flux(folder: Path, dtype: torch.dtype) -> None:
    words, end = tokenizer(folder)
    pieces = make_t5(folder / "scratch_t5")
    transformer = diffusers.FluxTransformer2DModel(in_channels=64, num_layers=2, num_single_layers=4, attention_head_dim=128, num_attention_heads=24,
                                                   joint_attention_dim=4096, pooled_projection_dim=768, guidance_embeds=True, axes_dims_rope=(16, 56, 56))
    text = transformers.CLIPTextModel(clip(768, 12, 12, 768, "quick_gelu", len(words), end))
    pipe = diffusers.FluxPipeline(scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True), vae=autoencoder(0.3611, 16, 0.1159),
                                  text_encoder=text, tokenizer=words, text_encoder_2=t5(len(pieces)), tokenizer_2=pieces, transformer=transformer)
    save(pipe.to(dtype), folder, ["tokenizer"], ["tokenizer_2"])


def sd3(folder: Path, dtype: torch.dtype) -> None:
    words, end = tokenizer(folder)
    transformer = diffusers.SD3Transformer2DModel(sample_size=128, patch_size=2, in_channels=16, num_layers=24, attention_head_dim=64, num_attention_heads=24,
                                                  joint_attention_dim=4096, caption_projection_dim=1536, pooled_projection_dim=2048, out_channels=16,
                                                  pos_embed_max_size=192)
    first = transformers.CLIPTextModelWithProjection(clip(768, 12, 12, 768, "quick_gelu", len(words), end))
    second = transformers.CLIPTextModelWithProjection(clip(1280, 32, 20, 1280, "gelu", len(words), end))
    pipe = diffusers.StableDiffusion3Pipeline(transformer=transformer, scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
                                              vae=autoencoder(1.5305, 16, 0.0609), text_encoder=first, tokenizer=words, text_encoder_2=second,
                                              tokenizer_2=words, text_encoder_3=None, tokenizer_3=None)
    save(pipe.to(dtype), folder, ["tokenizer", "tokenizer_2"])


def pixart(folder: Path, dtype: torch.dtype) -> None:
    pieces = make_t5(folder / "scratch_t5")
    transformer = diffusers.PixArtTransformer2DModel(num_attention_heads=16, attention_head_dim=72, in_channels=4, out_channels=8, num_layers=28,
                                                     cross_attention_dim=1152, attention_bias=True, sample_size=64, patch_size=2, caption_channels=4096,
                                                     norm_type="ada_norm_single", norm_elementwise_affine=False, use_additional_conditions=False)
    pipe = diffusers.PixArtSigmaPipeline(tokenizer=pieces, text_encoder=t5(len(pieces)), vae=autoencoder(0.13025), transformer=transformer,
                                         scheduler=diffusers.DPMSolverMultistepScheduler())
    save(pipe.to(dtype), folder, [], ["tokenizer"])


def save(pipe: diffusers.DiffusionPipeline, folder: Path, clip_tokenizers: list[str], t5_tokenizers: list[str] | None = None) -> None:
    pipe.save_pretrained(folder, safe_serialization=True)
    for name in clip_tokenizers:
        save_clip(pipe.components[name], folder / "scratch_tokenizer", folder / name)
    for name in t5_tokenizers or []:
        save_t5(pipe.components[name], folder / "scratch_t5", folder / name)


SHAPES = {"sd15": sd15, "sdxl": sdxl, "flux": flux, "sd3": sd3, "pixart": pixart}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("shapes", nargs="*", default=["sd15"], choices=list(SHAPES))
    parser.add_argument("--dtype", default="float32", choices=["float32", "float16"])
    args = parser.parse_args()
    torch.manual_seed(1)
    for shape in args.shapes:
        target = args.folder / f"{shape}-{args.dtype}"
        target.mkdir(parents=True, exist_ok=True)
        SHAPES[shape](target, getattr(torch, args.dtype))
        print(target)


if __name__ == "__main__":
    main()
