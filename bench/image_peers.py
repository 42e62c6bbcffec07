#!/usr/bin/env python3
"""A denoising step and the decoding of an image against diffusers: the same folder, the same threads, alternating runs.

usage: image_peers.py [--diptych PROGRAM] [--pairs 5] [--threads 2] [--width W] [--height H] [--batch N]
                      [--isa avx2] [--quantize] [--markdown OUT.md] FOLDER

FOLDER is a diffusers pipeline (bench/image_models.py makes some). diffusers runs eagerly in float32 under no_grad in this
process; each pair measures one step and one decoding of either program, in alternating order. The ratio is their time
over ours. Where both programs together need more memory than there is, take a float16 folder: ours computes in float32
from it as well.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import isa  # before torch

import diffusers
import torch


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--pairs", default=5, type=int)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--width", default=512, type=int)
    parser.add_argument("--height", default=512, type=int)
    parser.add_argument("--batch", default=1, type=int)
    parser.add_argument("--steps", default=2, type=int, help="steps of ours that are measured together")
    parser.add_argument("--denoiser-only", action="store_true", help="theirs decodes nothing")
    parser.add_argument("--quantize", action="store_true", help="ours also with linear layers rounded to 8 bits as they are read")
    parser.add_argument("--markdown", type=Path)
    isa.add_option(parser)
    return parser.parse_args()


class Diffusers:
    """Denoiser and autoencoder of the folder, without its text encoders, and inputs such as its pipeline makes."""

    def __init__(self, args: argparse.Namespace) -> None:
        torch.set_num_threads(args.threads)
        self.denoiser_only = args.denoiser_only
        index = json.loads((args.folder / "model_index.json").read_text())
        without = {name: None for name in index if name.startswith(("text_encoder", "tokenizer"))}
        self.pipe = diffusers.DiffusionPipeline.from_pretrained(args.folder, torch_dtype=torch.float32, **without)
        self.denoiser = getattr(self.pipe, "unet", None) or self.pipe.transformer
        config, batch, scale = self.denoiser.config, args.batch, 2 ** (len(self.pipe.vae.config.block_out_channels) - 1)
        height, width = args.height // scale, args.width // scale
        self.latents = torch.randn(batch, self.pipe.vae.config.latent_channels, height, width)
        self.inputs = INPUTS[type(self.denoiser).__name__](config, batch, self.latents)

    @torch.no_grad()
    def run(self) -> dict[str, float]:
        start = time.perf_counter()
        self.denoiser(**self.inputs)
        between = time.perf_counter()
        if self.denoiser_only:
            return {"denoiser": between - start}
        self.pipe.vae.decode(self.latents)
        return {"denoiser": between - start, "vae_decode": time.perf_counter() - between}


def unet_inputs(config, batch: int, latents: torch.Tensor) -> dict:
    inputs = {"sample": latents, "timestep": torch.tensor(500), "encoder_hidden_states": torch.randn(batch, 77, config.cross_attention_dim)}
    if config.addition_embed_type == "text_time":
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        inputs["added_cond_kwargs"] = {"text_embeds": torch.randn(batch, pooled), "time_ids": torch.zeros(batch, 6)}
    return inputs


def flux_inputs(config, batch: int, latents: torch.Tensor) -> dict:
    rows, columns = latents.shape[2] // 2, latents.shape[3] // 2
    places = torch.zeros(rows, columns, 3)
    places[..., 1] += torch.arange(rows)[:, None]
    places[..., 2] += torch.arange(columns)[None, :]
    return {"hidden_states": torch.randn(batch, rows * columns, config.in_channels), "timestep": torch.full((batch,), 0.5),
            "guidance": torch.full((batch,), 3.5) if config.guidance_embeds else None, "pooled_projections": torch.randn(batch, config.pooled_projection_dim),
            "encoder_hidden_states": torch.randn(batch, 512, config.joint_attention_dim), "txt_ids": torch.zeros(512, 3), "img_ids": places.reshape(-1, 3)}


def sd3_inputs(config, batch: int, latents: torch.Tensor) -> dict:
    return {"hidden_states": latents, "timestep": torch.full((batch,), 500.0), "encoder_hidden_states": torch.randn(batch, 77 + 256, config.joint_attention_dim),
            "pooled_projections": torch.randn(batch, config.pooled_projection_dim)}


def pixart_inputs(config, batch: int, latents: torch.Tensor) -> dict:
    return {"hidden_states": latents, "timestep": torch.full((batch,), 500.0), "encoder_hidden_states": torch.randn(batch, 300, config.caption_channels),
            "encoder_attention_mask": torch.ones(batch, 300), "added_cond_kwargs": {"resolution": None, "aspect_ratio": None}}


INPUTS = {"UNet2DConditionModel": unet_inputs, "FluxTransformer2DModel": flux_inputs, "SD3Transformer2DModel": sd3_inputs,
          "PixArtTransformer2DModel": pixart_inputs}


ROUNDED = "denoiser, q8_0"  # ours with --quantize


def ours(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    rows = bench(args, [])
    if args.quantize:
        rows[ROUNDED] = bench(args, ["--quantize", "q8_0"])["denoiser"]
    return rows


def bench(args: argparse.Namespace, choices: list[str]) -> dict[str, dict[str, float]]:
    command = [str(args.diptych), "bench", "image", str(args.folder), "--width", str(args.width), "--height", str(args.height), "--batch", str(args.batch),
               "--steps", str(args.steps), "--repeat", "1", "--threads", str(args.threads), "--json", *choices]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {row["component"]: row for row in report["rows"]}


def interval(values: list[float], draws: int = 10000) -> tuple[float, float]:
    source = random.Random(1)
    medians = sorted(statistics.median(source.choices(values, k=len(values))) for _ in range(draws))
    return medians[draws // 20], medians[draws - draws // 20 - 1]


def main() -> None:
    args = parse_args()
    sets = isa.check(isa.of_diptych(args.diptych), "PyTorch", isa.of_torch())
    peer = Diffusers(args)
    components = list(peer.run())
    peer_of = {name: name for name in components}  # what of theirs each of ours is compared with
    if args.quantize:
        components.append(ROUNDED)
        peer_of[ROUNDED] = "denoiser"
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in components}
    roofline: dict[str, list[float]] = {name: [] for name in components}
    peak = 0.0
    for pair in range(args.pairs):
        mine, theirs = (ours(args), peer.run()) if pair % 2 else (lambda first: (ours(args), first))(peer.run())
        for name in samples:
            samples[name].append((mine[name]["seconds_per_step"], theirs[peer_of[name]]))
            roofline[name].append(mine[name]["roofline_percent"])
            peak = max(peak, mine[name]["peak_memory_bytes"])
        print(f"pair {pair + 1}: " + "  ".join(f"{n} {s[-1][0]:.2f} s / {s[-1][1]:.2f} s = {s[-1][1] / s[-1][0]:.2f}" for n, s in samples.items()),
              file=sys.stderr, flush=True)
    lines = ["| model | component | Diptych s | diffusers s | ratio (median) | 90% interval | % of roofline | pairs |", "|---|---|---:|---:|---:|---|---:|---:|"]
    for name, pairs in samples.items():
        ratios = [theirs / mine for mine, theirs in pairs]
        low, high = interval(ratios)
        lines.append(f"| {args.folder.name} {args.width}x{args.height} batch {args.batch} | {name} | {statistics.median(p[0] for p in pairs):.2f} | "
                     f"{statistics.median(p[1] for p in pairs):.2f} | {statistics.median(ratios):.2f} | {low:.2f}–{high:.2f} | "
                     f"{statistics.median(roofline[name]):.0f} | {len(pairs)} |")
    text = sets + "\n".join(lines) + "\n"
    print(text)
    print(f"peak memory: ours {peak / 1e9:.2f} GB (arena), this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    if args.markdown:
        args.markdown.write_text(text)


if __name__ == "__main__":
    main()
