#!/usr/bin/env python3
"""Writes image pipelines of published shapes with random weights: models to measure speed with, not to look at.

usage: image_models.py FOLDER [sd15 | sdxl] … [--dtype float32 | float16]

Needs torch, transformers and diffusers. The tokenizers are the small ones of tests/golden. About 4 GB for sd15 and 14 GB
for sdxl in float32.
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
from goldenlib.tiny_tokenizers import make_clip, save_clip  # noqa: E402

BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000, timestep_spacing="leading", steps_offset=1)


def clip(hidden: int, layers: int, heads: int, projection: int, act: str, tokens: int, end: int) -> transformers.CLIPTextConfig:
    return transformers.CLIPTextConfig(hidden_size=hidden, intermediate_size=4 * hidden, num_hidden_layers=layers, num_attention_heads=heads,
                                       projection_dim=projection, hidden_act=act, vocab_size=max(49408, tokens), max_position_embeddings=77,
                                       bos_token_id=end - 1, eos_token_id=end, pad_token_id=end)


def autoencoder(scaling: float) -> diffusers.AutoencoderKL:
    return diffusers.AutoencoderKL(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
                                   down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4, sample_size=512,
                                   scaling_factor=scaling)


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


def save(pipe: diffusers.DiffusionPipeline, folder: Path, tokenizers: list[str]) -> None:
    pipe.save_pretrained(folder, safe_serialization=True)
    for name in tokenizers:
        save_clip(pipe.components[name], folder / "scratch_tokenizer", folder / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("shapes", nargs="*", default=["sd15"], choices=["sd15", "sdxl"])
    parser.add_argument("--dtype", default="float32", choices=["float32", "float16"])
    args = parser.parse_args()
    torch.manual_seed(1)
    for shape in args.shapes:
        target = args.folder / f"{shape}-{args.dtype}"
        target.mkdir(parents=True, exist_ok=True)
        {"sd15": sd15, "sdxl": sdxl}[shape](target, getattr(torch, args.dtype))
        print(target)


if __name__ == "__main__":
    main()
