#!/usr/bin/env python3
"""Trains the starter model on what make_data.py wrote: the autoencoder first, then the denoiser on its latents.

    train.py --data DATA --out OUT

OUT then holds autoencoder.safetensors, denoiser.safetensors.0 and .1 (to be joined; f16), metrics.json and pictures. Needs PyTorch, numpy, Pillow, safetensors; a GPU, or patience.
"""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from PIL import Image

import metrics
from autoencoder import Autoencoder
from train_autoencoder import decoded, encoded, normalize, psnr, train_autoencoder
from train_denoiser import sample, train_denoiser
from training_data import Data

PART = 15 << 20  # bytes of a file that comes back


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--autoencoder", type=Path, help="one already trained, in place of training it")
    parser.add_argument("--keep", type=Path, help="where the autoencoder is also kept, and taken from when it is there")
    parser.add_argument("--vae-seconds", type=float, default=150)
    parser.add_argument("--dit-seconds", type=float, default=330)
    parser.add_argument("--vae-steps", type=int, default=1 << 30)
    parser.add_argument("--dit-steps", type=int, default=1 << 30)
    parser.add_argument("--vae-batch", type=int, default=128)
    parser.add_argument("--dit-batch", type=int, default=256)
    parser.add_argument("--vae-rate", type=float, default=1e-3)
    parser.add_argument("--dit-rate", type=float, default=1.5e-3)
    parser.add_argument("--part", type=int, default=1, help="one caption in so many, for a trial")
    parser.add_argument("--tests", type=int, default=1 << 30, help="held-out captions of each kind")
    parser.add_argument("--sample-steps", type=int, default=20)
    parser.add_argument("--every", type=float, default=10, help="seconds between lines of the log")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-compile", action="store_true")
    args = parser.parse_args()
    args.device = "cuda" if torch.cuda.is_available() else "cpu"
    args.half = args.device == "cuda"

    def compiled(network, *example):
        """Faster where the compiler works, tried on an example; where it does not, the network as it is."""
        if args.no_compile or args.device == "cpu":
            return network
        try:
            fast = torch.compile(network, dynamic=False)
            with torch.autocast(args.device, torch.bfloat16, enabled=args.half):
                made = fast(*example)
            sum(one.float().mean() for one in (made if isinstance(made, tuple) else (made,))).backward()
            return fast
        except Exception:
            traceback.print_exc()
            return network
        finally:
            network.zero_grad(set_to_none=True)

    args.compiled = compiled
    return args


def halves(network):
    return {name: value.detach().half().contiguous().cpu() for name, value in network.state_dict().items()}


def write_denoiser(folder, network, texts):
    kept = {name: value.clone() for name, value in network.state_dict().items()}
    network.take_text_scale(texts.mean, texts.deviation)
    data = safetensors.torch.save(halves(network))
    network.load_state_dict(kept)
    for i, first in enumerate(range(0, len(data), PART)):
        (folder / f"denoiser.safetensors.{i}").write_bytes(data[first : first + PART])


def write_grid(path, images, columns=16, shrink=1):
    images = images[: len(images) // columns * columns, :, ::shrink, ::shrink].permute(0, 2, 3, 1).cpu().numpy()
    rows = images.reshape(-1, columns, *images.shape[1:])
    Image.fromarray(np.concatenate([np.concatenate(list(row), axis=1) for row in rows])).save(path)


def autoencoder_of(args, data, images, log):
    if (path := args.autoencoder or args.keep) and path.exists():
        network = Autoencoder().to(data.device)
        network.load_state_dict({k: v.float() for k, v in safetensors.torch.load_file(path).items()})
        return network.eval()
    network = train_autoencoder(data, images, args, log)
    normalize(network, images[: len(images) : max(1, len(images) // 8192)])
    network.load_state_dict({name: value.to(data.device).float() for name, value in halves(network).items()})
    for path in filter(None, (args.out / "autoencoder.safetensors", args.keep)):
        safetensors.torch.save_file(halves(network), path)
    return network


def evaluate(args, data, network, texts, autoencoder, log):
    states, lengths = data.test_texts()
    held_out = data.description["held_out"]
    kinds = np.array([one["kind"] for one in held_out])
    at = np.concatenate([np.flatnonzero(kinds == kind)[: args.tests] for kind in ("plain", "colour")])
    results = {}
    for guidance in (2.0, 4.0):
        images = decoded(autoencoder, sample(network, texts, states[at], lengths[at], args, 1, guidance=guidance))
        result, wrong = metrics.report(data, images, [held_out[i] for i in at])
        results[str(guidance)] = {**result, "wrong": wrong}
        log(f"guidance {guidance}: " + ", ".join(f"{name} {value:.3f}" for name, value in result.items()))
    write_grid(args.out / "held_out.png", images, columns=min(20, len(images)))
    (args.out / "metrics.json").write_text(json.dumps(results, indent=1, ensure_ascii=False))
    states, lengths = data.test_texts("shown")
    write_grid(args.out / "shown.png", decoded(autoencoder, sample(network, texts, states, lengths, args, 2)), columns=6)


def main():
    args, start = arguments(), time.monotonic()
    args.out.mkdir(parents=True, exist_ok=True)

    def log(line):
        print(f"[{time.monotonic() - start:6.1f}] {line}", flush=True)

    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
    data = Data(args.data, args.device, args.part)
    images = data.pictures(data.recipes)
    log(f"{len(data.ids)} captions of up to {data.tokens} tokens, {len(images)} pictures, on {args.device}")
    autoencoder = autoencoder_of(args, data, images, log)
    some = images[:: max(1, len(images) // 256)][:256]
    again = decoded(autoencoder, encoded(autoencoder, some))
    log(f"autoencoder: PSNR {psnr(again / 127.5 - 1, some / 127.5 - 1):.2f}")
    write_grid(args.out / "autoencoder.png", torch.stack([some, again], 1).flatten(0, 1)[:128])
    latents = encoded(autoencoder, images)
    deviation, mean = latents.float().std().item(), latents.float().mean().item()
    log(f"latents: mean {mean:.3f}, deviation {deviation:.3f}")
    network, texts = train_denoiser(data, latents, args, log, lambda *one: write_denoiser(args.out, *one))
    write_denoiser(args.out, network, texts)
    log("denoiser written")
    evaluate(args, data, network, texts, autoencoder, log)
    if args.device == "cuda":
        log(f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GiB of memory at most")


if __name__ == "__main__":
    sys.exit(main())
