"""Tiny RRDBNets (Wang et al. 2018, 2021), written down here after the papers, under the three sets of names that files use."""

from __future__ import annotations

import re
from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional as F

from .common import CaseFolder, Context, Tensors, randomize, round_weights, run_both, save_tensors, tolerance


def conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class DenseBlock(nn.Module):
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        for i in range(5):
            self.add_module(f"conv{i + 1}", conv(channels + i * growth, growth if i < 4 else channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [x]
        for i in range(1, 5):
            parts.append(F.leaky_relu(getattr(self, f"conv{i}")(torch.cat(parts, 1)), 0.2))
        return x + 0.2 * self.conv5(torch.cat(parts, 1))


class Block(nn.Module):
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (DenseBlock(channels, growth) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class RrdbNet(nn.Module):
    def __init__(self, channels: int, growth: int, blocks: int, doublings: int, unshuffle: int) -> None:
        super().__init__()
        self.unshuffle, self.doublings = unshuffle, doublings
        self.conv_first = conv(3 * unshuffle**2, channels)
        self.body = nn.Sequential(*(Block(channels, growth) for _ in range(blocks)))
        self.conv_body = conv(channels, channels)
        for i in range(doublings):
            self.add_module(f"conv_up{i + 1}", conv(channels, channels))
        self.conv_hr, self.conv_last = conv(channels, channels), conv(channels, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.conv_first(F.pixel_unshuffle(image, self.unshuffle))
        x = x + self.conv_body(self.body(x))
        for i in range(self.doublings):
            x = F.leaky_relu(getattr(self, f"conv_up{i + 1}")(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.conv_last(F.leaky_relu(self.conv_hr(x), 0.2))


def later_name(name: str) -> str:
    name = re.sub(r"^body\.(\d+)\.rdb", r"RRDB_trunk.\1.RDB", name)
    return name.replace("conv_body", "trunk_conv").replace("conv_up", "upconv").replace("conv_hr", "HRconv")


def earliest_name(name: str, blocks: int, doublings: int) -> str:
    name = re.sub(r"^body\.(\d+)\.rdb(\d)\.conv(\d)\.", r"model.1.sub.\1.RDB\2.conv\3.0.", name)
    name = re.sub(r"^conv_up(\d)", lambda up: f"model.{3 * int(up[1])}", name)
    places = {"conv_first": "0", "conv_body": f"1.sub.{blocks}", "conv_hr": str(2 + 3 * doublings), "conv_last": str(4 + 3 * doublings)}
    for ours, place in places.items():
        name = name.replace(ours, f"model.{place}")
    return name


Spec = tuple[str, dict[str, int], str, tuple[int, ...], torch.dtype]


def specs() -> Iterator[Spec]:
    yield "rrdb_x4", dict(channels=8, growth=3, blocks=2, doublings=2, unshuffle=1), "newest", (2, 3, 7, 5), torch.float32
    yield "rrdb_x2_unshuffled_f16", dict(channels=12, growth=6, blocks=1, doublings=2, unshuffle=2), "params_ema", (1, 3, 8, 10), torch.float16
    yield "rrdb_later_names_bf16", dict(channels=10, growth=5, blocks=1, doublings=2, unshuffle=1), "later", (1, 3, 5, 6), torch.bfloat16
    yield "rrdb_earliest_names_x2", dict(channels=8, growth=3, blocks=2, doublings=1, unshuffle=1), "earliest", (1, 3, 6, 9), torch.float32


@torch.no_grad()
def evaluate(model: nn.Module, inputs: Tensors) -> Tensors:
    return {"enlarged": model(inputs["image"])}


def generate(ctx: Context) -> None:
    for name, config, names, shape, store in specs():
        if not ctx.wants(f"upscaler_{name}"):
            continue
        case = CaseFolder(ctx, f"upscaler_{name}", "upscaler")
        model = randomize(RrdbNet(**config), case.gen)
        round_weights(model, store)
        inputs = {"image": torch.rand(*shape, generator=case.gen)}
        expected, high, note = run_both(model, inputs, evaluate)
        renamed = {"newest": lambda n: n, "params_ema": lambda n: f"params_ema.{n}", "later": later_name,
                   "earliest": lambda n: earliest_name(n, config["blocks"], config["doublings"])}[names]
        save_tensors(case.model_dir / "model.safetensors", {renamed(key): value.to(store) for key, value in model.state_dict().items()})
        case.finish(f"torch {torch.__version__.split('+')[0]} RRDBNet (goldenlib/upscaler.py)", inputs, expected, tolerance(expected, high),
                    f"enlarged is the network's result, not limited. Names of weights: {names}. {note}".strip())
