#!/usr/bin/env python3
"""What an option of `diptych generate` changes in pictures: time per step, memory, and likeness to the exact ones.

usage: image_likeness.py [--diptych PROGRAM] [--prompts FILE] [--steps N] [--seed N] [--markdown OUT.md]
                         [--option "ARGUMENTS" …] MODEL [ARGUMENT …]

Every prompt (a line of FILE) is made without and with each option, all else the same: --option "--quantize q8_0"
--option "--cache teacache". The likeness is the peak signal-to-noise ratio of 8-bit pictures in decibels, of which
median and least are given. ARGUMENT … goes to all runs. With random weights the figure says nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from PIL import Image

PROMPTS = ["a red apple", "a blue fish", "a green tree", "a yellow star", "a cat face", "a pink heart", "a brown dog", "an orange house"]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--prompts", type=Path, help="a prompt a line (default: a few plain ones)")
    parser.add_argument("--steps", default=20, type=int)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--option", action="append", default=[], help="arguments of generate, in one string")
    parser.add_argument("--markdown", type=Path)
    args, args.rest = parser.parse_known_args()
    return args


def make(args: argparse.Namespace, prompts: Path, folder: Path, option: list[str]) -> tuple[dict, list[numpy.ndarray]]:
    out = folder / "picture.png"
    command = [str(args.diptych), "generate", args.model, "--prompts", str(prompts), "--steps", str(args.steps), "--seed", str(args.seed),
               "-o", str(out), "--json", *args.rest, *option]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    report = json.loads(run.stdout)
    return report, [numpy.asarray(Image.open(file).convert("RGB"), dtype=numpy.float64) for file in report["images"]]


def psnr_db(exact: numpy.ndarray, other: numpy.ndarray) -> float:
    squares = float(numpy.mean((exact - other) ** 2))
    return 10 * math.log10(255 ** 2 / squares) if squares else 100.0


def main() -> None:
    args = parse_args()
    lines = ["| option | s per step | of exact | memory GB | PSNR dB, median | least | pictures |", "|---|---:|---:|---:|---:|---:|---:|"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prompts = args.prompts or folder / "prompts.txt"
        if not args.prompts:
            prompts.write_text("\n".join(PROMPTS) + "\n")
        exact, pictures = make(args, prompts, folder, [])
        lines.append(f"| none: exact | {exact['seconds_per_step']:.3f} | 1.00 | {exact['peak_memory_bytes'] / 1e9:.3f} | | | {len(pictures)} |")
        for option in args.option:
            report, others = make(args, prompts, folder, option.split())
            likeness = [psnr_db(a, b) for a, b in zip(pictures, others, strict=True)]
            lines.append(f"| `{option}` | {report['seconds_per_step']:.3f} | {report['seconds_per_step'] / exact['seconds_per_step']:.2f} | "
                         f"{report['peak_memory_bytes'] / 1e9:.3f} | {statistics.median(likeness):.1f} | {min(likeness):.1f} | {len(others)} |")
    text = "\n".join(lines)
    print(text)
    if args.markdown:
        args.markdown.write_text(text + "\n")


if __name__ == "__main__":
    main()
