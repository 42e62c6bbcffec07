#!/usr/bin/env python3
"""Trains the tiny image models of tests/golden and shows diffusers what was learnt.

usage: check_image_training.py [--diptych build/bin/diptych] [--cases tests/golden/cases]

LoRA of denoiser and text encoders: both files that a run writes are loaded by diffusers' pipeline, whose latents are
compared with those of `diptych generate --lora`. New words: learned_embeds.safetensors is loaded by diffusers, and the
other file is used by `diptych generate --embedding`. Latents of all steps start from the same noise. Needs torch,
transformers, diffusers, peft, safetensors, numpy and Pillow. Exit status 1 when anything differs.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import diffusers as df
import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file

TOLERANCE = 5e-4  # of latents of order 1 to 10 after four steps; the pipelines' own cases have 2.4e-4
SIDE, STEPS, GUIDANCE = 16, 4, 4.0


class Checks:
    def __init__(self, args: argparse.Namespace, scratch: Path) -> None:
        self.args, self.scratch, self.failed = args, scratch, 0
        rng = np.random.default_rng(1)
        (scratch / "pictures").mkdir()
        for i in range(4):
            Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(scratch / f"pictures/{i}.png")
            (scratch / f"pictures/{i}.txt").write_text(f"a <fox> in colour {i}")

    def report(self, name: str, difference: float, limit: float = TOLERANCE) -> None:
        fine = math.isfinite(difference) and difference <= limit
        self.failed += not fine
        print(f"{'ok  ' if fine else 'FAIL'} {name}: largest difference {difference:.1e}")

    def model(self, base: str) -> Path:
        return (self.args.cases / f"pipeline_{base}" / "model").resolve()

    def train(self, base: str, name: str, **more: object) -> Path:
        recipe = {"base": str(self.model(base)), "data": "pictures", "output": name, "steps": 12, "rank": 4, "learning_rate": 0.02, "checkpoint_every": 0,
                  "image": {"resolution": 32, "bucket_step": 8, "bucket_min": 16}, **more}
        path = self.scratch / f"{name}.json"
        path.write_text(json.dumps(recipe))
        subprocess.run([self.args.diptych, "finetune", path], check=True, capture_output=True)
        return self.scratch / name

    def ours(self, base: str, prompt: str, noise: torch.Tensor, *more: object) -> torch.Tensor:
        save_file({"latents": noise}, self.scratch / "noise.safetensors")
        out = self.scratch / "latents.safetensors"
        subprocess.run([self.args.diptych, "generate", self.model(base), "--prompt", prompt, "--negative", "", "--plain-prompt", "--steps", str(STEPS), "--guidance", str(GUIDANCE),
                        "--width", str(SIDE), "--height", str(SIDE), "--init-latents", self.scratch / "noise.safetensors", "--dump-latents", out, "--out", self.scratch / "picture.png", *map(str, more)],
                       check=True, capture_output=True)
        return load_file(out)["latents"]

    @torch.no_grad()
    def theirs(self, base: str, prompt: str, noise: torch.Tensor, prepare=lambda pipe: None) -> torch.Tensor:
        options = {} if base == "sdxl" else {"safety_checker": None, "requires_safety_checker": False}
        pipe = df.DiffusionPipeline.from_pretrained(self.model(base), **options)
        pipe.set_progress_bar_config(disable=True)
        prepare(pipe)
        return pipe(prompt, negative_prompt="", num_inference_steps=STEPS, guidance_scale=GUIDANCE, width=SIDE, height=SIDE, latents=noise.clone(), output_type="latent").images


def largest(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a.double() - b.double()).abs().max())


def check_adapters(checks: Checks, base: str, noise: torch.Tensor) -> None:
    out = checks.train(base, f"{base}-lora", train_text_encoder=True, text_encoder_learning_rate=0.01)
    prompt = "a fox in the rain"
    plain, ours = checks.ours(base, prompt, noise), checks.ours(base, prompt, noise, "--lora", out / "adapter.safetensors")
    print(f"     {base}: the adapter changes latents by {largest(plain, ours):.1e}")
    checks.report(f"{base} without it", largest(plain, checks.theirs(base, prompt, noise)))
    for file in ["adapter.safetensors", "pytorch_lora_weights.safetensors"]:
        theirs = checks.theirs(base, prompt, noise, lambda pipe: pipe.load_lora_weights(str(out), weight_name=file))
        checks.report(f"{base} with {file}", largest(ours, theirs))


def check_words(checks: Checks, base: str, noise: torch.Tensor) -> None:
    out = checks.train(base, f"{base}-word", method="textual_inversion", token="<fox>", token_start="fox", token_vectors=2)

    def load(pipe: object) -> None:
        if base != "sdxl":
            return pipe.load_textual_inversion(str(out), weight_name="learned_embeds.safetensors")
        both = load_file(out / "fox.safetensors")
        pipe.load_textual_inversion({"<fox>": both["clip_l"]}, token="<fox>", text_encoder=pipe.text_encoder, tokenizer=pipe.tokenizer)
        pipe.load_textual_inversion({"<fox>": both["clip_g"]}, token="<fox>", text_encoder=pipe.text_encoder_2, tokenizer=pipe.tokenizer_2)

    theirs = checks.theirs(base, "a <fox> in the rain", noise, load)
    ours = checks.ours(base, "a fox in the rain", noise, "--embedding", out / "fox.safetensors")
    print(f"     {base}: the word changes latents by {largest(ours, checks.ours(base, 'a fox in the rain', noise)):.1e}")
    checks.report(f"{base} with a new word", largest(ours, theirs))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--cases", default=Path("tests/golden/cases"), type=Path)
    args = parser.parse_args()
    df.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(args, Path(folder))
        for base in ["sd15", "sdxl"]:
            vae = json.loads((checks.model(base) / "vae/config.json").read_text())
            side = SIDE // 2 ** (len(vae["block_out_channels"]) - 1)
            noise = torch.randn(1, vae["latent_channels"], side, side, generator=torch.Generator().manual_seed(3))
            check_adapters(checks, base, noise)
            check_words(checks, base, noise)
    print("all agree" if checks.failed == 0 else f"{checks.failed} differ")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
