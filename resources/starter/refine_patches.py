#!/usr/bin/env python3
"""From a token for each patch of 4 x 4 places to one for each patch of 2 x 2, for recipe_shapes.json:

    refine_patches.py [--coarse work/coarse] [--out work/refined]

COARSE is the training of recipe_coarse.json, whose newest checkpoint is taken, or a pipeline's folder. The blocks stay as they are; the
first layer begins as if the four quarters of a patch were alike, the last as their mean. Needs PyTorch, numpy, Pillow, safetensors.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import safetensors.torch

from evaluate import WEIGHTS, pipeline_of


def refined(weights, channels, side):
    """The weights of a denoiser with patches of `side`, of those with patches of twice the side."""
    result = dict(weights)
    first = weights["pos_embed.proj.weight"]  # [width, channels, 2 * side, 2 * side]
    quarters = first.unflatten(3, (2, side)).unflatten(2, (2, side))
    result["pos_embed.proj.weight"] = quarters.sum(dim=(2, 4)).contiguous()
    for name in ("proj_out.weight", "proj_out.bias"):  # [2 * side * 2 * side * channels, …], channels innermost
        last = weights[name]
        quarters = last.reshape(2, side, 2, side, channels, *last.shape[1:])
        result[name] = quarters.mean(dim=(0, 2)).flatten(0, 2).contiguous()
    return result


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coarse", type=Path, default=here / "work/coarse")
    parser.add_argument("--out", type=Path, default=here / "work/refined")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(pipeline_of(args.coarse, Path(scratch)), args.out, dirs_exist_ok=True)
    folder = args.out / "transformer"
    config = json.loads((folder / "config.json").read_text())
    config["patch_size"] //= 2
    weights = refined(safetensors.torch.load_file(folder / WEIGHTS), config["out_channels"], config["patch_size"])
    safetensors.torch.save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    print(f"{(config['sample_size'] // config['patch_size']) ** 2} tokens a picture: {args.out}")


if __name__ == "__main__":
    main()
