#!/usr/bin/env python3
"""A denoising step and the decoding of an image against stable-diffusion.cpp: the same weights, alternating runs.

usage: sd_cpp.py --sd-cli PROGRAM [--diptych PROGRAM] [--pairs 5] [--threads 2] [--width W] [--height H] [--steps N]
                 [--isa avx2] [--markdown OUT.md] FOLDER CHECKPOINT

FOLDER is a Stable Diffusion 1.x pipeline of diffusers (bench/image_models.py makes one). CHECKPOINT is where its weights
are written, under their original names and in their own data type, unless the file is there already: what
stable-diffusion.cpp reads. Its times are those of its log: the sampling of all steps over their number, and the decoding.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

import isa  # before torch

import safetensors.torch

from image_peers import interval, ours

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "models" / "layouts"))
import make as layouts  # noqa: E402


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--sd-cli", required=True, type=Path)
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--pairs", default=5, type=int)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--width", default=512, type=int)
    parser.add_argument("--height", default=512, type=int)
    parser.add_argument("--steps", default=2, type=int)
    parser.add_argument("--markdown", type=Path)
    isa.add_option(parser)
    args = parser.parse_args()
    args.batch = 1
    return args


def tensors_of(folder: Path) -> dict:
    files = sorted(folder.glob("*.safetensors"))
    return {name: value for file in files for name, value in safetensors.torch.load_file(file).items()}


def write_checkpoint(folder: Path, target: Path) -> None:
    result = {}
    config = json.loads((folder / "unet" / "config.json").read_text())
    for name, value in tensors_of(folder / "unet").items():
        result["model.diffusion_model." + layouts.unet_original(name, config)] = value
    config = json.loads((folder / "vae" / "config.json").read_text())
    for name, value in tensors_of(folder / "vae").items():
        original = layouts.vae_original(name, len(config["block_out_channels"]))
        matrix = ".mid.attn_1." in original and value.ndim == 2  # once convolutions
        result["first_stage_model." + original] = value[:, :, None, None] if matrix else value
    for name, value in tensors_of(folder / "text_encoder").items():
        result["cond_stage_model.transformer.text_model." + name.removeprefix("text_model.")] = value
    safetensors.torch.save_file({name: value.contiguous() for name, value in result.items()}, target)


def theirs(args: argparse.Namespace) -> dict[str, float]:
    command = [str(args.sd_cli), "-m", str(args.checkpoint), "-p", "a photograph of an astronaut riding a horse", "--steps", str(args.steps), "--cfg-scale", "1",
               "-W", str(args.width), "-H", str(args.height), "-t", str(args.threads), "--sampling-method", "euler", "-v", "-o", "/tmp/sd_cpp.png"]
    log = subprocess.run(command, check=True, capture_output=True, text=True)
    text = log.stdout + log.stderr
    sampled = re.search(r"sampling completed, taking ([\d.]+)s", text)
    decoded = re.search(r"decode_first_stage completed, taking ([\d.]+)s", text)
    if not sampled or not decoded:
        raise SystemExit("stable-diffusion.cpp's log has no times:\n" + text[-2000:])
    return {"denoiser": float(sampled[1]) / args.steps, "vae_decode": float(decoded[1])}


def main() -> None:
    args = parse_args()
    sets = isa.check(isa.of_diptych(args.diptych), "stable-diffusion.cpp", isa.of_compiled(args.sd_cli))
    if not args.checkpoint.exists():
        write_checkpoint(args.folder, args.checkpoint)
    samples: dict[str, list[tuple[float, float]]] = {"denoiser": [], "vae_decode": []}
    for pair in range(args.pairs):
        if pair % 2:
            mine, peer = ours(args), theirs(args)
        else:
            peer, mine = theirs(args), ours(args)
        for name, values in samples.items():
            values.append((mine[name]["seconds_per_step"], peer[name]))
        print(f"pair {pair + 1}: " + "  ".join(f"{n} {s[-1][0]:.2f} s / {s[-1][1]:.2f} s = {s[-1][1] / s[-1][0]:.2f}" for n, s in samples.items()),
              file=sys.stderr, flush=True)
    lines = ["| model | component | Diptych s | stable-diffusion.cpp s | ratio (median) | 90% interval | pairs |", "|---|---|---:|---:|---:|---|---:|"]
    for name, pairs in samples.items():
        ratios = [peer / mine for mine, peer in pairs]
        low, high = interval(ratios)
        lines.append(f"| {args.folder.name} {args.width}x{args.height} | {name} | {statistics.median(p[0] for p in pairs):.2f} | "
                     f"{statistics.median(p[1] for p in pairs):.2f} | {statistics.median(ratios):.2f} | {low:.2f}–{high:.2f} | {len(pairs)} |")
    text = sets + "\n".join(lines) + "\n"
    print(text)
    if args.markdown:
        args.markdown.write_text(text)


if __name__ == "__main__":
    main()
