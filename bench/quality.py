#!/usr/bin/env python3
"""How close Diptych's logits are to the reference: transformers on the dequantized weights of the same GGUF file.

usage: quality.py MODEL.gguf … [--diptych PROGRAM] [--peer PROGRAM] [--tokens N]

The text is read token by token with the true tokens before it (teacher forcing). Reported are the mean Kullback-Leibler
divergence KL(reference || engine) in nats per token and the share of positions at which both name the same most likely
token. PEER is another engine to compare with, called as `PEER MODEL.gguf 1,2,3 OUT` and writing OUT as raw float32
[tokens, vocabulary]; a few lines around llama.cpp's llama_decode() are enough.

Exit code: 0 all limits are kept, 1 some are not. Needs torch, transformers, gguf, safetensors, numpy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from safetensors.numpy import load_file

HERE = Path(__file__).resolve().parent
LARGEST_KL, SMALLEST_AGREEMENT, LARGEST_RATIO = 0.01, 0.97, 1.2


@dataclass
class Distance:
    """Of an engine's predictions from the reference's."""

    kl_mean: float
    kl_99: float
    agreement: float
    largest_difference: float  # of logits, each row less its mean

    def __str__(self) -> str:
        return f"mean KL {self.kl_mean:.6f}, 99 % of tokens below {self.kl_99:.4f}, top-1 agreement {self.agreement:.2%}, logits differ by up to {self.largest_difference:.3f}"


def distance(reference: np.ndarray, actual: np.ndarray) -> Distance:
    if reference.shape != actual.shape or not np.isfinite(actual).all():
        raise ValueError(f"logits {actual.shape}, expected finite {reference.shape}")
    kls, same, worst = [], 0, 0.0
    for row in range(len(reference)):  # a row at a time: a whole table in float64 would need gigabytes
        p = torch.from_numpy(reference[row]).double().log_softmax(-1)
        q = torch.from_numpy(actual[row]).double().log_softmax(-1)
        kls.append(float((p.exp() * (p - q)).sum()))
        same += int(p.argmax() == q.argmax())
        a, b = reference[row].astype(np.float64), actual[row].astype(np.float64)
        worst = max(worst, float(np.abs((a - a.mean()) - (b - b.mean())).max()))
    return Distance(float(np.mean(kls)), float(np.quantile(kls, 0.99)), same / len(reference), worst)


def tokens_of(diptych: Path, model: Path, text: str, count: int) -> list[int]:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump([text], file)
        file.flush()
        out = subprocess.run([diptych, "tokenize", model, "--file", file.name, "--special"], check=True, capture_output=True, text=True)
    ids = json.loads(out.stdout)[0]
    if len(ids) < count:
        raise ValueError(f"the text has only {len(ids)} tokens")
    return ids[:count]


@torch.no_grad()
def reference_logits(model: Path, ids: list[int]) -> np.ndarray:
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    reference = AutoModelForCausalLM.from_pretrained(model.parent, gguf_file=model.name, dtype=torch.float32, attn_implementation="eager").eval()
    return reference(input_ids=torch.tensor([ids]), use_cache=False).logits[0].float().numpy()


def diptych_logits(diptych: Path, model: Path, ids: list[int], folder: Path) -> np.ndarray:
    out = folder / "diptych.safetensors"
    subprocess.run([diptych, "logits", model, "--tokens", ",".join(map(str, ids)), "--out", out], check=True)
    return load_file(out)["logits"]


def peer_logits(peer: Path, model: Path, ids: list[int], folder: Path) -> np.ndarray:
    out = folder / "peer.f32"
    subprocess.run([peer, model, ",".join(map(str, ids)), out], check=True, stderr=subprocess.DEVNULL)
    return np.fromfile(out, dtype=np.float32).reshape(len(ids), -1)


def judge(ours: Distance, peer: Distance | None) -> list[str]:
    """What is out of its limit."""
    wrong = []
    if ours.kl_mean > LARGEST_KL:
        wrong.append(f"mean KL above {LARGEST_KL}")
    if ours.agreement < SMALLEST_AGREEMENT:
        wrong.append(f"agreement below {SMALLEST_AGREEMENT:.0%}")
    if peer is not None and ours.kl_mean > LARGEST_RATIO * peer.kl_mean:
        wrong.append(f"mean KL {ours.kl_mean / peer.kl_mean:.2f} times the peer's")
    if peer is not None and 1 - ours.agreement > LARGEST_RATIO * (1 - peer.agreement):
        wrong.append(f"{1 - ours.agreement:.2%} of the tokens disagree, {1 - peer.agreement:.2%} of the peer's")
    return wrong


def check(model: Path, args: argparse.Namespace) -> bool:
    ids = tokens_of(args.diptych, model, args.text.read_text(encoding="utf-8"), args.tokens)
    reference = reference_logits(model, ids)
    with tempfile.TemporaryDirectory() as folder:
        ours = distance(reference, diptych_logits(args.diptych, model, ids, Path(folder)))
        print(f"{model.name}, {len(ids)} tokens\n  diptych: {ours}", flush=True)
        peer = None
        if args.peer:
            peer = distance(reference, peer_logits(args.peer, model, ids, Path(folder))[:, : reference.shape[1]])
            print(f"  peer:    {peer}", flush=True)
    wrong = judge(ours, peer)
    print("  " + ("; ".join(wrong) if wrong else "within its limits"), flush=True)
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--diptych", type=Path, default=HERE.parent / "build/bin/diptych")
    parser.add_argument("--peer", type=Path, help="program that writes another engine's logits")
    parser.add_argument("--text", type=Path, default=HERE / "quality.txt")
    parser.add_argument("--tokens", type=int, default=512)
    args = parser.parse_args()
    return 0 if all([check(model.resolve(), args) for model in args.models]) else 1


if __name__ == "__main__":
    sys.exit(main())
