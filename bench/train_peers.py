#!/usr/bin/env python3
"""Fine-tuning of a language model against transformers and PEFT: the same weights, batch and threads, alternating runs.

usage: train_peers.py --base MODEL.gguf --work FOLDER [--diptych PROGRAM] [--method lora | full] [--pairs 5] [--threads 2]
                      [--batch 4] [--sequence 256] [--steps 3] [--quantized] [--isa avx2] [--markdown OUT.md]

MODEL.gguf is dequantized once to FOLDER/base, a float32 folder that both programs train. Each run takes its steps in a
process of its own; the first step is left out of the median, and the peak of resident memory is that of the process.
With --quantized, ours trains over MODEL.gguf itself (qlora), and the ratio is to our own run over float32 weights.
Needs torch, transformers, peft and gguf.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import isa


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--method", default="lora", choices=["lora", "full"])
    parser.add_argument("--rank", default=16, type=int)
    parser.add_argument("--pairs", default=5, type=int)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--batch", default=4, type=int)
    parser.add_argument("--sequence", default=256, type=int)
    parser.add_argument("--steps", default=3, type=int)
    parser.add_argument("--quantized", action="store_true")
    parser.add_argument("--recompute", default="none", choices=["none", "full"])
    parser.add_argument("--markdown", type=Path)
    isa.add_option(parser)
    parser.add_argument("--peer-steps", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def make_base(args: argparse.Namespace) -> Path:
    """The model in float32, with its tokenizer; and text of enough tokens."""
    folder = args.work / "base"
    if not (folder / "model.safetensors").exists():
        import torch
        import transformers

        dequantized = transformers.AutoModelForCausalLM.from_pretrained(args.base.parent, gguf_file=args.base.name, dtype=torch.float32)
        tokenizer = transformers.AutoTokenizer.from_pretrained(args.base.parent, gguf_file=args.base.name)
        # What came from a GGUF file may not be saved; the same weights in a model of their own may.
        config = dequantized.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        model = type(dequantized)(config)
        model.load_state_dict(dequantized.state_dict())
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    words = [line.split() for line in Path(__file__).with_name("quality.txt").read_text().splitlines() if line.split()]
    every = [word for line in words for word in line]
    source = random.Random(1)
    text = args.work / "text.jsonl"
    with text.open("w") as file:
        for _ in range(200):
            file.write(json.dumps({"text": " ".join(source.choices(every, k=4 * args.sequence))}) + "\n")
    return folder


def ours(args: argparse.Namespace, base: Path, quantized: bool) -> tuple[float, float]:
    """Tokens per second and the peak of resident memory in bytes."""
    output = args.work / "ours"
    method = "qlora" if quantized else args.method
    recipe = {"base": str((args.base if quantized else base).resolve()), "data": str((args.work / "text.jsonl").resolve()), "output": str(output.resolve()),
              "method": method, "rank": args.rank, "steps": args.steps, "batch": args.batch, "sequence": args.sequence, "overlong": "split",
              "recompute": args.recompute, "learning_rate": 1e-4, "checkpoint_every": 1000000, "validate_every": 0, "checkpoint_budget_gb": 1}
    return finetune(args.diptych, recipe, args.work, args.threads, "tokens_per_s")


def finetune(program: Path, recipe: dict, work: Path, threads: int, speed: str) -> tuple[float, float]:
    """The median of a speed over the steps but the first, and the peak of resident memory in bytes."""
    path, metrics = work / "recipe.json", work / "ours.jsonl"
    path.write_text(json.dumps(recipe))
    process = subprocess.Popen([str(program), "finetune", str(path), "--metrics", str(metrics), "--threads", str(threads)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            for line in status.read_text().splitlines():
                if line.startswith("VmHWM"):
                    peak = max(peak, int(line.split()[1]) * 1024)
        except OSError:
            break
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            pass
    if process.wait() != 0:
        sys.exit(process.stderr.read())
    rows = [json.loads(line) for line in metrics.read_text().splitlines()]
    return statistics.median(row[speed] for row in rows[1:]), peak


def peer_steps(args: argparse.Namespace) -> None:
    """In a process of its own: prints the seconds of each step and the peak of resident memory."""
    import time

    import peft
    import torch
    import transformers

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_pretrained(args.work / "base", dtype=torch.float32)
    model.config.use_cache = False
    if args.method == "lora":
        model = peft.get_peft_model(model, peft.LoraConfig(r=args.rank, lora_alpha=args.rank, target_modules="all-linear", task_type="CAUSAL_LM"))
    model.train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    seconds = []
    for _ in range(args.steps):
        ids = torch.randint(10, 40000, (args.batch, args.sequence))
        start = time.perf_counter()
        optimizer.zero_grad()
        model(input_ids=ids, labels=ids).loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


def theirs(args: argparse.Namespace) -> tuple[float, float]:
    command = [sys.executable, __file__, *sys.argv[1:], "--peer-steps"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return args.batch * args.sequence / statistics.median(report["seconds"][1:]), report["peak"]


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def main() -> None:
    args = parse_args()
    if args.peer_steps:
        peer_steps(args)
        return
    sets = isa.check(isa.of_diptych(args.diptych), "PyTorch", isa.of_torch())
    args.work.mkdir(parents=True, exist_ok=True)
    base = make_base(args)
    rows = []
    for pair in range(args.pairs):
        runs = [("ours", lambda: ours(args, base, args.quantized)), ("theirs", lambda: ours(args, base, False) if args.quantized else theirs(args))]
        results = {name: run() for name, run in (runs if pair % 2 == 0 else reversed(runs))}
        rows.append(results)
        (speed, memory), (other_speed, other_memory) = results["ours"], results["theirs"]
        print(f"pair {pair + 1}: {speed:.1f} against {other_speed:.1f} tokens/s, {memory / 1e9:.2f} against {other_memory / 1e9:.2f} GB", file=sys.stderr)
    ratios = [row["ours"][0] / row["theirs"][0] for row in rows]
    memory = [row["ours"][1] / row["theirs"][1] for row in rows]
    what = f"{'qlora against lora over f32' if args.quantized else args.method}, r = {args.rank}, {args.batch} x {args.sequence}"
    text = (f"| {what} | {statistics.median(r['ours'][0] for r in rows):.0f} | {statistics.median(r['theirs'][0] for r in rows):.0f} | {spread(ratios)} | "
            f"{statistics.median(r['ours'][1] for r in rows) / 1e9:.2f} | {statistics.median(r['theirs'][1] for r in rows) / 1e9:.2f} | {spread(memory)} |")
    print(sets + "| run | ours, tokens/s | theirs | ratio | ours, GB | theirs | ratio |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n" + text)
    if args.markdown:
        args.markdown.write_text(sets + text + "\n")


if __name__ == "__main__":
    main()
