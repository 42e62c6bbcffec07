#!/usr/bin/env python3
"""Puts a trained denoiser in place of the one in model/, in f16:

    ship.py [--model work/trained] [--out model]

The model is what evaluate.py measures: a pipeline's folder, or a training's, whose newest checkpoint is taken. The shipped
pipeline's other parts stay. Needs PyTorch, numpy, Pillow, safetensors.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import safetensors.torch

from evaluate import WEIGHTS, pipeline_of


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=here / "work/trained")
    parser.add_argument("--out", type=Path, default=here / "model")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        denoiser = Path(pipeline_of(args.model, Path(scratch))) / "transformer"
        values = safetensors.torch.load_file(denoiser / WEIGHTS)
        half = {name: value.half().contiguous() for name, value in values.items()}
        if not all(value.isfinite().all() for value in half.values()):
            raise SystemExit("a weight is beyond what f16 can hold: nothing was written")
        target = args.out / "transformer"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(denoiser / "config.json", target / "config.json")
        safetensors.torch.save_file(half, target / WEIGHTS, metadata={"format": "pt"})
        (target / WEIGHTS).chmod(0o644)
    size = (target / WEIGHTS).stat().st_size
    print(f"{sum(value.numel() for value in half.values()) / 1e6:.1f} million parameters, {size / 1e6:.1f} MB: {target}")


if __name__ == "__main__":
    main()
