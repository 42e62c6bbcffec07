#!/usr/bin/env python3
"""Are the product's pictures what their captions ask for? Over captions that training never had (metrics.py):

    evaluate.py --data DATA [--program build/bin/diptych] [--model work/trained] [--plain 200] [--colour 100] [--out DIR]

DATA is what make_data.py wrote. The model is a name, a pipeline's folder, or the folder of a training that goes on: its
newest checkpoint, or its step-2000 and the like, with averaged weights as a training's result has them. Prints the shares
of right pictures, and what the wrong ones show instead. Needs PyTorch, numpy, Pillow.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import metrics
from training_data import Data

WEIGHTS = "diffusion_pytorch_model.safetensors"  # of a denoiser, in its folder
TARGETS = {"plain": 0.85, "colour": 0.60}


def arguments():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--program", type=Path, default=root / "build/bin/diptych")
    parser.add_argument("--model", default="emoji-starter", help="a name, a pipeline, or a training's folder")
    parser.add_argument("--plain", type=int, default=200, help="captions of known emoji")
    parser.add_argument("--colour", type=int, default=100, help="captions of things in colours they were never seen in")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where the pictures stay")
    parser.add_argument("more", nargs="*", help="further options of 'diptych generate', behind --")
    return parser.parse_args()


def pipeline_of(model, scratch):
    """The model to ask for: as given, or a whole pipeline around the denoiser of a training."""
    given, around = Path(model), Path(__file__).resolve().parent / "model"
    checkpoints = sorted(given.glob("checkpoints/step-*/transformer"))
    if checkpoints:
        denoiser = checkpoints[-1]
    elif (given / "transformer").is_dir() and not (given / "model_index.json").exists():
        denoiser = given / "transformer"
    else:
        return model
    pipeline = scratch / "pipeline"
    shutil.copytree(around, pipeline, ignore=shutil.ignore_patterns("transformer"))
    shutil.copytree(denoiser, pipeline / "transformer")  # before the training takes the checkpoint away
    print(f"denoiser of {denoiser.parent}")
    return pipeline


def generate(args, model, texts, folder):
    """[n, 3, side, side] uint8, and what the program says of its run."""
    (folder / "prompts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    command = [args.program, "generate", model, "--prompts", folder / "prompts.txt", "--plain-prompt",
               "--seed", str(args.seed), "-o", folder / "picture.png", "--json", *args.more]  # fmt: skip
    said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    images = [np.asarray(Image.open(path).convert("RGB")) for path in said["images"]]
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2), said


def main():
    args = arguments()
    data = Data(args.data, "cpu", part=64)
    held_out = data.description["held_out"]
    chosen = [one for one in held_out if one["kind"] == "plain"][: args.plain]
    chosen += [one for one in held_out if one["kind"] == "colour"][: args.colour]
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        model = pipeline_of(args.model, Path(scratch))
        images, said = generate(args, model, [one["text"] for one in chosen], folder)
    shares, wrong = metrics.report(data, images, chosen)
    seconds = sum(said[phase]["seconds"] for phase in ("text_encoder", "denoiser", "vae_decode")) / len(chosen)
    print(f"{len(chosen)} pictures, {seconds:.2f} s each")
    for name, share in shares.items():
        print(f"{name}: {share:.1%}" + (f" (target {TARGETS[name]:.0%})" if name in TARGETS else ""))
    for text, shown in wrong:
        print(f"wrong: '{text}' looks like '{shown}'")
    return int(any(shares.get(name, 1) < target for name, target in TARGETS.items()))


if __name__ == "__main__":
    sys.exit(main())
