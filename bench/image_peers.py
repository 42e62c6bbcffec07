#!/usr/bin/env python3
"""A denoising step and the decoding of an image against diffusers: the same folder, the same threads, alternating runs.

usage: image_peers.py [--diptych PROGRAM] [--pairs 5] [--threads 2] [--width W] [--height H] [--batch N] [--markdown OUT.md] FOLDER

FOLDER is a diffusers pipeline of float32 weights (bench/image_models.py makes one). diffusers runs eagerly under no_grad
in this process; each pair measures one step and one decoding of either program, in alternating order. The ratio is
their time over ours.
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
    parser.add_argument("--markdown", type=Path)
    return parser.parse_args()


class Diffusers:
    def __init__(self, args: argparse.Namespace) -> None:
        torch.set_num_threads(args.threads)
        self.pipe = diffusers.DiffusionPipeline.from_pretrained(args.folder, torch_dtype=torch.float32)
        unet, batch = self.pipe.unet, args.batch
        scale = self.pipe.vae_scale_factor
        self.latents = torch.randn(batch, unet.config.in_channels, args.height // scale, args.width // scale)
        self.inputs = {"sample": self.latents, "timestep": torch.tensor(500), "encoder_hidden_states": torch.randn(batch, 77, unet.config.cross_attention_dim)}
        if unet.config.addition_embed_type == "text_time":
            pooled = unet.config.projection_class_embeddings_input_dim - 6 * unet.config.addition_time_embed_dim
            self.inputs["added_cond_kwargs"] = {"text_embeds": torch.randn(batch, pooled), "time_ids": torch.zeros(batch, 6)}

    @torch.no_grad()
    def run(self) -> dict[str, float]:
        start = time.perf_counter()
        self.pipe.unet(**self.inputs)
        between = time.perf_counter()
        self.pipe.vae.decode(self.latents)
        return {"denoiser": between - start, "vae_decode": time.perf_counter() - between}


def ours(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    command = [str(args.diptych), "bench", "image", str(args.folder), "--width", str(args.width), "--height", str(args.height), "--batch", str(args.batch),
               "--steps", str(args.steps), "--repeat", "1", "--threads", str(args.threads), "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {row["component"]: row for row in report["rows"]}


def interval(values: list[float], draws: int = 10000) -> tuple[float, float]:
    source = random.Random(1)
    medians = sorted(statistics.median(source.choices(values, k=len(values))) for _ in range(draws))
    return medians[draws // 20], medians[draws - draws // 20 - 1]


def main() -> None:
    args = parse_args()
    peer = Diffusers(args)
    peer.run()
    samples: dict[str, list[tuple[float, float]]] = {"denoiser": [], "vae_decode": []}
    roofline: dict[str, list[float]] = {"denoiser": [], "vae_decode": []}
    peak = 0.0
    for pair in range(args.pairs):
        mine, theirs = (ours(args), peer.run()) if pair % 2 else (lambda first: (ours(args), first))(peer.run())
        for name in samples:
            samples[name].append((mine[name]["seconds_per_step"], theirs[name]))
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
    text = "\n".join(lines) + "\n"
    print(text)
    print(f"peak memory: ours {peak / 1e9:.2f} GB (arena), this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    if args.markdown:
        args.markdown.write_text(text)


if __name__ == "__main__":
    main()
