#!/usr/bin/env python3
"""Fine-tuning of a denoiser against diffusers and PEFT: LoRA on attention's projections, the same weights and threads,
alternating runs.

usage: train_image_peers.py --base PIPELINE --work FOLDER [--diptych PROGRAM] [--pairs 5] [--threads 2] [--rank 8]
                            [--side 256] [--batch 1] [--steps 4] [--recompute none | full] [--resident-gb 2.5]
                            [--isa avx2] [--markdown OUT.md]

PIPELINE is a folder of diffusers (UNet2DConditionModel or PixArtTransformer2DModel). Ours runs the whole command over
pictures of noise whose encodings it has kept since a run before; the peer takes latents and texts of the same shapes
that are drawn for each step, and holds the weights in float32, the type in which PyTorch trains on a CPU. Each run
takes its steps in a process of its own; the first step is left out of the median, and the peak of resident memory is
that of the process. Needs torch, diffusers, peft and Pillow.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import isa
from train_peers import finetune, spread


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--pairs", default=5, type=int)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--rank", default=8, type=int)
    parser.add_argument("--side", default=256, type=int, help="of the pictures, in pixels; latents are 8 times smaller")
    parser.add_argument("--batch", default=1, type=int)
    parser.add_argument("--steps", default=4, type=int)
    parser.add_argument("--recompute", default="none", choices=["none", "full"])
    parser.add_argument("--resident-gb", type=float, help="of our weights that stay in memory (default: all)")
    parser.add_argument("--markdown", type=Path)
    isa.add_option(parser)
    parser.add_argument("--peer-steps", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def make_pictures(args: argparse.Namespace) -> None:
    from PIL import Image

    folder = args.work / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(2 * args.batch):
        Image.effect_noise((args.side, args.side), 60).convert("RGB").save(folder / f"{i}.png")
        (folder / f"{i}.txt").write_text(f"a picture of noise, number {i}")


def ours(args: argparse.Namespace, steps: int) -> tuple[float, float]:
    recipe = {"base": str(args.base.resolve()), "data": str((args.work / "pictures").resolve()), "output": str((args.work / "ours").resolve()),
              "rank": args.rank, "steps": steps, "batch": args.batch, "recompute": args.recompute, "learning_rate": 2e-4,
              "checkpoint_every": 1000000, "validate_every": 0, "checkpoint_budget_gb": 1,
              "image": {"resolution": args.side, "bucket_step": 64, "bucket_min": 64}}
    if args.resident_gb is not None:
        recipe["resident_gb"] = args.resident_gb
    return finetune(args.diptych, recipe, args.work, args.threads, "images_per_s")


def peer_steps(args: argparse.Namespace) -> None:
    """In a process of its own: prints the seconds of each step and the peak of resident memory."""
    import time

    import diffusers
    import peft
    import torch

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    if (args.base / "unet").exists():
        model = diffusers.UNet2DConditionModel.from_pretrained(args.base / "unet", torch_dtype=torch.float32)
        texts, more = (77, model.config.cross_attention_dim), {}
    else:
        model = diffusers.PixArtTransformer2DModel.from_pretrained(args.base / "transformer", torch_dtype=torch.float32)
        texts, more = (300, model.config.caption_channels), {"added_cond_kwargs": {"resolution": None, "aspect_ratio": None}}
    channels, side = model.config.in_channels, args.side // 8
    model.requires_grad_(False)
    peft.inject_adapter_in_model(peft.LoraConfig(r=args.rank, lora_alpha=args.rank, target_modules=["to_q", "to_k", "to_v", "to_out.0"]), model)
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4)
    seconds = []
    for _ in range(args.steps):
        latents, noise = torch.randn(2, args.batch, channels, side, side)
        timesteps = torch.randint(0, 1000, (args.batch,))
        text = torch.randn(args.batch, *texts)
        start = time.perf_counter()
        optimizer.zero_grad()
        said = model(latents, timestep=timesteps, encoder_hidden_states=text, **more).sample[:, :channels]
        torch.nn.functional.mse_loss(said, noise).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


def theirs(args: argparse.Namespace) -> tuple[float, float]:
    command = [sys.executable, __file__, *sys.argv[1:], "--peer-steps"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return args.batch / statistics.median(report["seconds"][1:]), report["peak"]


def main() -> None:
    args = parse_args()
    if args.peer_steps:
        peer_steps(args)
        return
    sets = isa.check(isa.of_diptych(args.diptych), "PyTorch", isa.of_torch())
    args.work.mkdir(parents=True, exist_ok=True)
    make_pictures(args)
    ours(args, 2)  # encodes
    rows = []
    for pair in range(args.pairs):
        runs = [("ours", lambda: ours(args, args.steps)), ("theirs", lambda: theirs(args))]
        results = {name: run() for name, run in (runs if pair % 2 == 0 else reversed(runs))}
        rows.append(results)
        (speed, memory), (other_speed, other_memory) = results["ours"], results["theirs"]
        print(f"pair {pair + 1}: {speed:.3f} against {other_speed:.3f} images/s, {memory / 1e9:.2f} against {other_memory / 1e9:.2f} GB", file=sys.stderr)
    ratios = [row["ours"][0] / row["theirs"][0] for row in rows]
    memory = [row["ours"][1] / row["theirs"][1] for row in rows]
    what = f"{args.base.name}, LoRA r = {args.rank}, {args.batch} x {args.side} x {args.side}" + (", recompute" if args.recompute == "full" else "") + (f", {args.resident_gb:g} GB of weights in memory" if args.resident_gb is not None else "")
    text = (f"| {what} | {statistics.median(r['ours'][0] for r in rows):.3f} | {statistics.median(r['theirs'][0] for r in rows):.3f} | {spread(ratios)} | "
            f"{statistics.median(r['ours'][1] for r in rows) / 1e9:.2f} | {statistics.median(r['theirs'][1] for r in rows) / 1e9:.2f} | {spread(memory)} |")
    print(sets + "| run | ours, images/s | theirs | ratio | ours, GB | theirs | ratio |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n" + text)
    if args.markdown:
        args.markdown.write_text(sets + text + "\n")


if __name__ == "__main__":
    main()
