#!/usr/bin/env python3
"""Writes the starter model as it is before training, for recipe_coarse.json:

    make_untrained.py --data DATA [--out work/untrained]

The denoiser has random weights, in f32; the autoencoder and the rest are those of model/. DATA is what make_data.py
wrote: the first layer that reads texts is scaled to the language model's states. Needs PyTorch, numpy, safetensors.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

import language_model
from denoiser import CONFIG, Denoiser
from training_data import texts_of

SAMPLE = 1000  # captions that the scale is taken from


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=here / "work/untrained")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    columns = np.load(args.data / "captions.npz")
    ids, lengths = texts_of(columns, "train")
    some = np.linspace(0, len(ids) - 1, SAMPLE).astype(np.int64)
    model = language_model.LanguageModel(dict(np.load(args.data / "language_model.npz")))
    with torch.no_grad():
        states = model.states(ids[some])[:, 1:]
    used = torch.arange(states.shape[1]) < torch.from_numpy(lengths[some] - 1)[:, None]
    mean, deviation = states[used].mean(0), states[used].std(0).clamp_min(1e-3)

    torch.manual_seed(args.seed)
    network = Denoiser()
    network.take_text_scale(mean, deviation)
    shutil.copytree(here / "model", args.out, dirs_exist_ok=True)
    weights = {name: value.detach().contiguous() for name, value in network.state_dict().items()}
    safetensors.torch.save_file(weights, args.out / "transformer/diffusion_pytorch_model.safetensors")
    (args.out / "transformer/config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    print(f"{sum(value.numel() for value in weights.values()) / 1e6:.1f} million parameters, {CONFIG['num_layers']} blocks")


if __name__ == "__main__":
    main()
