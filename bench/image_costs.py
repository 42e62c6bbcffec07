#!/usr/bin/env python3
"""What choices cost per denoising step, ours against ours: quantized weights, a LoRA beside the weights or in them, previews.

usage: image_costs.py [--diptych PROGRAM] [--rounds 3] [--threads 2] [--steps 2] [--width W] [--height H] [--isa avx2]
                      [--also NAME=FILE …] [--quantize] [--parts FOLDER] [--lora FILE] [--preview-vae FOLDER] [--markdown OUT.md] MODEL

MODEL is an image model; each --also another form of its weights (Q8_0=model-q8_0.gguf). Every round runs each of them
once, in turning order; a ratio is a run's time over that of MODEL in the same round. --lora runs MODEL with it merged
and with it live. Previews are timed by themselves, as their share of a step is less than what steps vary by.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import isa


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--steps", default=2, type=int, help="that are measured together")
    parser.add_argument("--width", default=512, type=int)
    parser.add_argument("--height", default=512, type=int)
    parser.add_argument("--also", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--quantize", action="store_true", help="also MODEL with its linear layers rounded to 8 bits as they are read")
    parser.add_argument("--lora")
    parser.add_argument("--preview-vae")
    parser.add_argument("--parts", type=Path, help="pipeline folder whose autoencoder and text encoders the files of --also take")
    parser.add_argument("--markdown", type=Path)
    isa.add_option(parser)
    return parser.parse_args()


def variants(args: argparse.Namespace) -> dict[str, list[str]]:
    """Name and arguments of each run; the first is what the others are compared with."""
    previews = ["--preview"] + (["--preview-vae", args.preview_vae] if args.preview_vae else [])
    parts = []
    if args.parts:
        parts = ["--vae", str(args.parts / "vae")]
        for encoder in sorted(args.parts.glob("text_encoder*")):
            parts += ["--text-encoder", str(encoder)]
    runs = {"as it is": [args.model, *previews]}
    if args.lora:
        runs["LoRA, merged"] = [args.model, "--lora", args.lora, "--lora-mode", "merge"]
        runs["LoRA, live"] = [args.model, "--lora", args.lora, "--lora-mode", "live"]
    if args.quantize:
        runs["--quantize q8_0"] = [args.model, "--quantize", "q8_0"]
    for form in args.also:
        name, _, file = form.partition("=")
        runs[name] = [file, *parts]
        if args.lora:
            runs[f"{name}, LoRA live"] = [*runs[name], "--lora", args.lora, "--lora-mode", "live"]
    return runs


def measure(args: argparse.Namespace, arguments: list[str]) -> dict[str, dict]:
    command = [str(args.diptych), "bench", "image", *arguments, "--width", str(args.width), "--height", str(args.height), "--steps", str(args.steps),
               "--repeat", "1", "--threads", str(args.threads), "--json"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return {row["component"]: row for row in json.loads(run.stdout)["rows"]}


def main() -> None:
    args = parse_args()
    runs = variants(args)
    rounds: list[dict[str, dict[str, dict]]] = []
    for number in range(args.rounds):
        order = list(runs)[number % len(runs):] + list(runs)[:number % len(runs)]
        rounds.append({name: measure(args, runs[name]) for name in order})
        print(f"round {number + 1}: " + "  ".join(f"{name} {rounds[-1][name]['denoiser']['seconds_per_step']:.2f} s" for name in runs), file=sys.stderr, flush=True)
    first = next(iter(runs))
    lines = [f"Instruction set: {isa.of_diptych(args.diptych)}.", "",
             "| run | s per step | ratio (median) | range | GB | rounds |", "|---|---:|---:|---|---:|---:|"]
    for name in runs:
        seconds = [one[name]["denoiser"]["seconds_per_step"] for one in rounds]
        ratios = [one[name]["denoiser"]["seconds_per_step"] / one[first]["denoiser"]["seconds_per_step"] for one in rounds]
        peak = max(one[name]["denoiser"]["peak_memory_bytes"] for one in rounds)
        lines.append(f"| {name} | {statistics.median(seconds):.2f} | {statistics.median(ratios):.3f} | {min(ratios):.3f}–{max(ratios):.3f} | {peak / 1e9:.2f} | {len(rounds)} |")
    lines += ["", "| preview | ms | % of a step |", "|---|---:|---:|"]
    for component in ("preview", "preview, decoded"):
        rows = [one[first][component] for one in rounds if component in one[first]]
        if rows:
            lines.append(f"| {component} | {1000 * statistics.median(r['seconds_per_step'] for r in rows):.2f} | "
                         f"{statistics.median(r['step_percent'] for r in rows):.2f} |")
    text = "\n".join(lines) + "\n"
    print(text)
    if args.markdown:
        args.markdown.write_text(text)


if __name__ == "__main__":
    main()
