"""Shared helpers: seeding, random weights, float32-vs-float64 tolerances and case folders."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

Tensors = dict[str, torch.Tensor]

ATOL_FLOOR = 1e-5
ATOL_FACTOR = 20.0
RTOL = 1e-4


@dataclass
class Context:
    """Everything a case family needs to know about the current run."""

    out: Path
    seed: int
    only: str | None = None
    gguf_dir: Path | None = None
    llama_tokenize: Path | None = None

    def wants(self, name: str) -> bool:
        return self.only is None or self.only in name

    def generator(self, name: str) -> torch.Generator:
        """A generator that depends only on the run's seed and `name`."""
        digest = hashlib.sha256("/".join([str(self.seed), "shared", name]).encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def versions() -> dict[str, str]:
    import importlib.metadata as meta

    names = ["torch", "transformers", "diffusers", "peft", "tokenizers", "safetensors", "gguf", "sentencepiece", "jinja2"]
    return {name: meta.version(name) for name in names}


def reference_name(library: str, what: str) -> str:
    return f"{library} {versions()[library]} {what}"


def randn(gen: torch.Generator, *shape: int, scale: float = 1.0) -> torch.Tensor:
    return torch.randn(*shape, generator=gen) * scale


def randint(gen: torch.Generator, low: int, high: int, *shape: int) -> torch.Tensor:
    return torch.randint(low, high, shape, generator=gen)


@torch.no_grad()
def randomize(model: torch.nn.Module, gen: torch.Generator, gain: float = 1.0, embed_std: float = 0.6) -> torch.nn.Module:
    """Gives every parameter a value that matters.

    The libraries' own initialisation leaves norms at one, biases at zero and output
    layers at zero; an engine that ignores those tensors would still pass.
    """
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    seen: set[int] = set()
    for name, param in sorted(model.named_parameters(remove_duplicate=True)):
        if id(param) in seen:
            continue
        seen.add(id(param))
        noise = torch.randn(param.shape, generator=gen)
        if id(param) in embeddings:
            param.copy_(noise * embed_std)
        elif param.ndim >= 2 and not name.endswith(("scale_shift_table", "lambda")):
            fan_in = param[0].numel()
            if param.ndim == 3 and "experts" in name:
                fan_in = param.shape[-1]
            param.copy_(noise * (gain / math.sqrt(fan_in)))
        elif name.endswith("bias"):
            param.copy_(noise * 0.1)
        else:
            param.add_(noise * 0.1)
    return model.eval()


@torch.no_grad()
def round_weights(model: torch.nn.Module, dtype: torch.dtype) -> None:
    """Rounds the weights so that storing them in `dtype` loses nothing; they stay float32 in memory."""
    for param in model.parameters():
        param.copy_(param.to(dtype).float())


def max_abs_diff(a: torch.Tensor, b: torch.Tensor) -> float:
    if a.numel() == 0:
        return 0.0
    return float((a.double() - b.double()).abs().max())


def round_up(value: float, digits: int = 2) -> float:
    if value <= 0:
        return 0.0
    power = 10.0 ** (digits - 1 - math.floor(math.log10(value)))
    return float(f"{math.ceil(value * power - 1e-9) / power:.{digits}g}")


def tolerance(low: Mapping[str, torch.Tensor], high: Mapping[str, torch.Tensor] | None, fallback: float = 1e-4) -> dict[str, Any]:
    """Absolute tolerance per tensor: 20 x |float32 - float64|, never below 1e-5."""
    per_tensor: dict[str, float] = {}
    for name, value in low.items():
        if not value.is_floating_point():
            continue
        if high is None or name not in high:
            scale = float(value.abs().max()) if value.numel() else 0.0
            per_tensor[name] = round_up(max(ATOL_FLOOR, fallback * max(1.0, scale)))
        else:
            per_tensor[name] = round_up(max(ATOL_FLOOR, ATOL_FACTOR * max_abs_diff(value, high[name])))
    worst = max(per_tensor.values(), default=ATOL_FLOOR)
    return {
        "rtol": RTOL,
        "atol": worst,
        "per_tensor_atol": per_tensor,
        "measured": "20 x max|float32 - float64|, floor 1e-5" if high is not None else "fallback 1e-4 x scale",
    }


def to_double(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.double() if value.is_floating_point() else value
    if isinstance(value, dict):
        return {k: to_double(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(to_double(v) for v in value)
    return value


def run_both(model: torch.nn.Module, inputs: Any, fn: Callable[[torch.nn.Module, Any], Tensors]) -> tuple[Tensors, Tensors | None, str]:
    """Runs `fn` in float32 and float64. The float64 run may be unsupported; then it is None."""
    low = fn(model, inputs)
    note = ""
    try:
        high = fn(copy.deepcopy(model).double(), to_double(inputs))
    except Exception as error:  # some references are hard-wired to float32
        high, note = None, f"float64 run not possible ({type(error).__name__}: {str(error)[:80]})"
    return low, high, note


def dump_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def save_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    clean: Tensors = {}
    for name, value in tensors.items():
        value = value.detach().clone()
        if value.dtype == torch.float64:
            value = value.float()
        clean[name] = value.contiguous()
    save_file(clean, str(path))


def published_clip_names(folder: Path) -> None:
    """Puts "text_model." before the names of a saved CLIPTextModel.

    transformers 5 writes that class without the prefix; the published models have it.
    """
    from safetensors.torch import load_file

    path = folder / "model.safetensors"
    tensors = load_file(str(path))
    if not any(name.startswith("text_model.") for name in tensors):
        save_file({f"text_model.{name}": value for name, value in tensors.items()}, str(path), metadata={"format": "pt"})


class CaseFolder:
    """One folder below the output directory."""

    def __init__(self, ctx: Context, name: str, kind: str) -> None:
        self.ctx, self.name, self.kind = ctx, name, kind
        self.path = ctx.out / name
        if self.path.exists():
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True)
        self.gen = ctx.generator(name)
        torch.manual_seed(self.gen.initial_seed() % 2**31)  # some classes draw their start values themselves

    @property
    def model_dir(self) -> Path:
        return self.path / "model"

    def finish(
        self,
        reference: str,
        inputs: Mapping[str, torch.Tensor] | None,
        expected: Mapping[str, torch.Tensor] | None,
        tol: Mapping[str, Any],
        notes: str = "",
        **extra: Any,
    ) -> None:
        if inputs:
            save_tensors(self.path / "inputs.safetensors", inputs)
        if expected:
            for key, value in expected.items():
                if value.is_floating_point() and not torch.isfinite(value).all():
                    raise ValueError(f"{self.name}: {key} is not finite")
            save_tensors(self.path / "expected.safetensors", expected)
        case = {"name": self.name, "kind": self.kind, "reference": reference, "tolerance": dict(tol)}
        case.update(extra)
        case["notes"] = notes
        dump_json(self.path / "case.json", case)
        size = sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file())
        print(f"  {self.name}: {size / 1024:.0f} KiB, atol {tol.get('atol', 0):g}", flush=True)


class NoiseTape:
    """Replaces diffusers' randn_tensor everywhere and records what was handed out, in order."""

    def __init__(self, gen: torch.Generator | None, replay: list[torch.Tensor] | None = None) -> None:
        self.gen, self.replay = gen, replay
        self.used: list[torch.Tensor] = []
        self.sites: list[str] = []

    def _draw(self, site: str, shape: Any, dtype: torch.dtype | None) -> torch.Tensor:
        if self.replay is not None:
            value = self.replay[len(self.used)].clone()
        else:
            value = torch.randn(*shape, generator=self.gen)
        self.used.append(value)
        self.sites.append(site)
        return value.to(dtype) if dtype is not None else value.clone()

    @contextlib.contextmanager
    def active(self) -> Iterator["NoiseTape"]:
        patched: list[tuple[Any, Any]] = []
        for name, module in list(sys.modules.items()):
            if name.startswith("diffusers.") and "randn_tensor" in getattr(module, "__dict__", {}):
                patched.append((module, module.__dict__["randn_tensor"]))

                def fake(shape: Any, generator: Any = None, device: Any = None, dtype: Any = None, layout: Any = None, _site: str = name) -> torch.Tensor:
                    return self._draw(_site, tuple(shape), dtype)

                module.__dict__["randn_tensor"] = fake
        try:
            yield self
        finally:
            for module, original in patched:
                module.__dict__["randn_tensor"] = original
