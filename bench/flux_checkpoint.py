#!/usr/bin/env python3
"""Writes the denoiser of a FLUX pipeline of diffusers under its original names, from which other programs quantize it.

usage: flux_checkpoint.py FOLDER OUT.safetensors
       sd-cli -M convert -m OUT.safetensors -o flux-q8_0.gguf --type q8_0

FOLDER: bench/image_models.py makes one. sd-cli is stable-diffusion.cpp's.
"""

from __future__ import annotations

import sys
from pathlib import Path

import safetensors.torch
import torch

EMBEDDERS = {"timestep_embedder": "time_in", "text_embedder": "vector_in", "guidance_embedder": "guidance_in"}
IMAGE = {"norm1.linear": "img_mod.lin", "attn.norm_q": "img_attn.norm.query_norm", "attn.norm_k": "img_attn.norm.key_norm", "attn.to_out.0": "img_attn.proj",
         "ff.net.0.proj": "img_mlp.0", "ff.net.2": "img_mlp.2"}
TEXT = {"norm1_context.linear": "txt_mod.lin", "attn.norm_added_q": "txt_attn.norm.query_norm", "attn.norm_added_k": "txt_attn.norm.key_norm",
        "attn.to_add_out": "txt_attn.proj", "ff_context.net.0.proj": "txt_mlp.0", "ff_context.net.2": "txt_mlp.2"}
SINGLE = {"norm.linear": "modulation.lin", "attn.norm_q": "norm.query_norm", "attn.norm_k": "norm.key_norm", "proj_out": "linear2"}
OUTSIDE = {"x_embedder": "img_in", "context_embedder": "txt_in", "proj_out": "final_layer.linear"}
# Several of diffusers' matrices are one there: where their rows stand in it, in this order.
JOINED = {"attn.to_q": ("img_attn.qkv", 0), "attn.to_k": ("img_attn.qkv", 1), "attn.to_v": ("img_attn.qkv", 2),
          "attn.add_q_proj": ("txt_attn.qkv", 0), "attn.add_k_proj": ("txt_attn.qkv", 1), "attn.add_v_proj": ("txt_attn.qkv", 2)}
JOINED_SINGLE = {"attn.to_q": ("linear1", 0), "attn.to_k": ("linear1", 1), "attn.to_v": ("linear1", 2), "proj_mlp": ("linear1", 3)}


def original(name: str) -> tuple[str, int]:
    """The original name of a weight and which part of it this is."""
    stem, kind = name.rsplit(".", 1)
    part = 0
    if stem.startswith("time_text_embed."):
        _, embedder, layer = stem.split(".")
        stem = f"{EMBEDDERS[embedder]}.{'in' if layer == 'linear_1' else 'out'}_layer"
    elif stem.startswith(("transformer_blocks.", "single_transformer_blocks.")):
        single = stem.startswith("single")
        _, index, rest = stem.split(".", 2)
        joined = JOINED_SINGLE if single else JOINED
        inner, part = joined[rest] if rest in joined else ((SINGLE if single else {**IMAGE, **TEXT})[rest], 0)
        stem = f"{'single' if single else 'double'}_blocks.{index}.{inner}"
    elif stem == "norm_out.linear":
        stem = "final_layer.adaLN_modulation.1"
    else:
        stem = OUTSIDE[stem]
    return f"{stem}.{'scale' if stem.endswith('_norm') else kind}", part


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    parts: dict[str, dict[int, torch.Tensor]] = {}
    for file in sorted((Path(sys.argv[1]) / "transformer").glob("*.safetensors")):
        for name, value in safetensors.torch.load_file(file).items():
            stem, place = original(name)
            parts.setdefault(stem, {})[place] = value
    weights = {name: torch.cat([of[i] for i in sorted(of)]) for name, of in parts.items()}
    for name in weights:
        if name.startswith("final_layer.adaLN_modulation.1."):  # shift and scale change places
            weights[name] = torch.cat(weights[name].chunk(2)[::-1])
    safetensors.torch.save_file({name: value.contiguous() for name, value in weights.items()}, sys.argv[2])


if __name__ == "__main__":
    main()
