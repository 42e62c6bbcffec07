#!/usr/bin/env python3
"""Prefill and decode against llama.cpp: the same GGUF, the same thread count, alternating runs.

usage: llama_cpp.py --llama-bench PROGRAM [--diptych PROGRAM] [--pairs 10] [--threads 2] [--isa avx2]
                    [--markdown OUT.md] MODEL.gguf …

llama-bench comes from a native build of the source tree inside the PyPI package llama-cpp-python:
  cmake -S vendor/llama.cpp -B build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON && cmake --build build --target llama-bench
Each pair runs both programs once, in alternating order; the ratio of a pair is ours over theirs. The result is the
median ratio with its 90% bootstrap interval. Exit status 1 when a median is below 1.0 or an interval starts below 0.97.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
from pathlib import Path

import isa


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--llama-bench", required=True, type=Path)
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--pairs", default=10, type=int)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--prompt", default=512, type=int)
    parser.add_argument("--generate", default=128, type=int)
    parser.add_argument("--repeat", default=3, type=int, help="repetitions inside each run of either program")
    parser.add_argument("--markdown", type=Path)
    isa.add_option(parser)
    return parser.parse_args()


def run_json(command: list[str]) -> object:
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(result.stdout)


def theirs(args: argparse.Namespace, model: Path) -> dict[str, float]:
    rows = run_json([str(args.llama_bench), "-m", str(model), "-t", str(args.threads), "-p", str(args.prompt), "-n", str(args.generate),
                     "-r", str(args.repeat), "-ngl", "0", "-o", "json"])
    return {(f"pp{row['n_prompt']}" if row["n_prompt"] else f"tg{row['n_gen']}"): row["avg_ts"] for row in rows}


def ours(args: argparse.Namespace, model: Path) -> tuple[dict[str, float], dict[str, float]]:
    report = run_json([str(args.diptych), "bench", "llm", str(model), "-p", str(args.prompt), "-n", str(args.generate),
                       "--threads", str(args.threads), "--repeat", str(args.repeat), "--json"])
    speed = {row["test"]: row["tokens_per_s"] for row in report["rows"]}
    roofline = {row["test"]: row["roofline_percent"] for row in report["rows"]}
    return speed, roofline


def bootstrap_interval(values: list[float], level: float = 0.9, draws: int = 10000) -> tuple[float, float]:
    source = random.Random(1)
    medians = sorted(statistics.median(source.choices(values, k=len(values))) for _ in range(draws))
    tail = (1 - level) / 2
    return medians[int(tail * draws)], medians[int((1 - tail) * draws) - 1]


def measure(args: argparse.Namespace, model: Path) -> list[dict[str, object]]:
    samples: dict[str, list[tuple[float, float, float]]] = {}
    for pair in range(args.pairs):
        if pair % 2:
            (speed, roofline), peer = ours(args, model), theirs(args, model)
        else:
            peer, (speed, roofline) = theirs(args, model), ours(args, model)
        for test, value in speed.items():
            samples.setdefault(test, []).append((value, peer[test], roofline[test]))
        print(f"{model.name} pair {pair + 1}: " + "  ".join(f"{test} {s[-1][0]:.1f} / {s[-1][1]:.1f} = {s[-1][0] / s[-1][1]:.3f}"
                                                            for test, s in samples.items()), file=sys.stderr, flush=True)
    rows = []
    for test, triples in samples.items():
        ratios = [mine / other for mine, other, _ in triples]
        low, high = bootstrap_interval(ratios)
        rows.append({"model": model.stem, "test": test, "diptych": statistics.median(t[0] for t in triples),
                     "llama_cpp": statistics.median(t[1] for t in triples), "ratio": statistics.median(ratios), "low": low, "high": high,
                     "roofline_percent": statistics.median(t[2] for t in triples), "pairs": len(ratios)})
    return rows


def table(rows: list[dict[str, object]]) -> str:
    lines = ["| model | test | Diptych t/s | llama.cpp t/s | ratio (median) | 90% interval | % of roofline | pairs |", "|---|---|---:|---:|---:|---|---:|---:|"]
    for r in rows:
        lines.append(f"| {r['model']} | {r['test']} | {r['diptych']:.1f} | {r['llama_cpp']:.1f} | {r['ratio']:.3f} | {r['low']:.3f}–{r['high']:.3f} | {r['roofline_percent']:.0f} | {r['pairs']} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    args = parse_args()
    sets = isa.check(isa.of_diptych(args.diptych), "llama.cpp", isa.of_compiled(args.llama_bench))
    rows = [row for model in args.models for row in measure(args, model)]
    text = sets + table(rows)
    print(text)
    if args.markdown:
        args.markdown.write_text(text)
    return 0 if all(row["ratio"] >= 1.0 and row["low"] >= 0.97 for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
