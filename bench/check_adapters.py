#!/usr/bin/env python3
"""Shows our exports of adapters to the programs that they are for, with the tiny models of tests/golden.

usage: check_adapters.py [--export build/tests/engine_train_export] [--cases tests/golden/cases] [--llama-export-lora PROGRAM]

Each golden adapter is written again in our formats; PEFT and diffusers load the result, and what their models compute is
compared with the case's expected tensors. GGUF adapters are read with the gguf package and compared with the product that
PEFT's weights have, in llama.cpp's order of rows; with --llama-export-lora (a program of llama.cpp) that merges them into
a base, and the merged weights are compared. Needs torch, transformers, diffusers, peft, safetensors and gguf. Build the
program first: cmake --build build --target engine_train_export. Exit status 1 when anything differs.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

TOLERANCE = 2e-4  # of logits and samples of order 1; the cases' own is 1.2e-4


class Checks:
    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.failed = 0

    def export(self, source: Path, form: str, out: Path, *more: object) -> Path:
        subprocess.run([self.args.export, source, form, out, *map(str, more)], check=True)
        return out

    def report(self, name: str, difference: float, limit: float = TOLERANCE) -> None:
        fine = math.isfinite(difference) and difference <= limit
        self.failed += not fine
        print(f"{'ok  ' if fine else 'FAIL'} {name}: largest difference {difference:.1e}")

    def case(self, name: str) -> tuple[Path, dict, dict, dict]:
        folder = self.args.cases / name
        return folder, json.loads((folder / "case.json").read_text()), load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")


def largest(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a.double() - b.double()).abs().max())


@torch.no_grad()
def check_peft(checks: Checks, scratch: Path) -> None:
    import peft
    import transformers as tf

    for method in ["lora", "dora", "loha", "lokr"]:
        folder, case, inputs, expected = checks.case(f"lora_llama_peft_{method}")
        out = checks.export(folder / case["adapter"], "peft", scratch / method)
        model = tf.AutoModelForCausalLM.from_pretrained(folder / case["model"], attn_implementation="eager").eval()
        model = peft.PeftModel.from_pretrained(model, out).eval()
        checks.report(f"PEFT {method}", largest(model(input_ids=inputs["input_ids"]).logits, expected["scale_1.logits"]))


@torch.no_grad()
def check_diffusers(checks: Checks, scratch: Path) -> None:
    import diffusers as df

    for name, form in [("lora_sd15_diffusers", "diffusers"), ("lora_sd15_diffusers", "kohya"), ("lora_sd15_kohya", "kohya"), ("lora_sd15_kohya_conv", "kohya")]:
        folder, case, inputs, expected = checks.case(name)
        out = checks.export(folder / case["adapter"], form, scratch / f"{name}_{form}.safetensors")
        pipe = df.StableDiffusionPipeline.from_pretrained(folder / case["model"], safety_checker=None, requires_safety_checker=False)
        pipe.load_lora_weights(str(out.parent), weight_name=out.name)
        sample = pipe.unet(inputs["sample"], inputs["timestep"], inputs["encoder_hidden_states"]).sample
        hidden = pipe.text_encoder(input_ids=inputs["input_ids"]).last_hidden_state
        checks.report(f"diffusers {name} as {form}, UNet", largest(sample, expected["scale_1.sample"]))
        checks.report(f"diffusers {name} as {form}, text encoder", largest(hidden, expected["scale_1.last_hidden_state"]))
    folder, case, inputs, expected = checks.case("lora_flux_diffusers")
    out = checks.export(folder / case["adapter"], "diffusers", scratch / "flux.safetensors")
    # The tool calls every denoiser "unet"; a transformer's keys differ in that word alone.
    written, original = load_file(out), load_file(folder / case["adapter"])
    renamed = {key.replace("unet.", "transformer.", 1): value for key, value in written.items()}
    checks.report("diffusers lora_flux_diffusers, keys", 0.0 if renamed.keys() == original.keys() else math.inf)
    checks.report("diffusers lora_flux_diffusers, values", max(largest(renamed[k], original[k]) for k in original if k in renamed))


def in_ggml_order(weight: np.ndarray, heads: int) -> np.ndarray:
    """As llama.cpp's converter permutes the rows of q and k."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


GGUF_NAMES = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def gguf_values(path: Path) -> dict[str, np.ndarray]:
    import gguf

    return {t.name: np.array(t.data, dtype=np.float32).reshape([int(n) for n in reversed(t.shape)]) for t in gguf.GGUFReader(path).tensors}


def check_gguf(checks: Checks, scratch: Path) -> None:
    import gguf

    folder, case, _, _ = checks.case("lora_llama_peft_lora")
    model = folder / case["model"]
    config = json.loads((model / "config.json").read_text())
    head_dim = config["head_dim"]
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    path = checks.export(folder / case["adapter"], "gguf", scratch / "adapter.gguf", head_dim)
    reader, values = gguf.GGUFReader(path), gguf_values(path)
    alpha = float(reader.get_field("adapter.lora.alpha").contents())
    for key, wanted in {"general.type": "adapter", "adapter.type": "lora", "general.architecture": "llama"}.items():
        checks.report(f"GGUF {key}", 0.0 if reader.get_field(key).contents() == wanted else math.inf)
    settings = json.loads((folder / case["adapter"] / "adapter_config.json").read_text())
    original = {k: v.numpy() for k, v in load_file(folder / case["adapter"] / "adapter_model.safetensors").items()}
    changes: dict[str, np.ndarray] = {}
    for key in original:
        if not key.endswith(".lora_A.weight"):
            continue
        stem = key.removesuffix(".lora_A.weight")
        _, block, layer = stem.removeprefix("base_model.model.model.").split(".", 2)
        name = GGUF_NAMES[layer]
        product = original[stem + ".lora_B.weight"] @ original[key] * (settings["lora_alpha"] / settings["r"])
        changes[f"blk.{block}.{name}.weight"] = in_ggml_order(product, heads[name]) if name in heads else product
    worst = 0.0
    for name, change in changes.items():
        a, b = values[name + ".lora_a"], values[name + ".lora_b"]
        worst = max(worst, float(np.abs(b @ a * (alpha / b.shape[1]) - change).max()))
    checks.report("GGUF products", worst, 1e-5)
    checks.report("GGUF layers", 0.0 if len(values) == 2 * len(changes) else math.inf)
    if not checks.args.llama_export_lora:
        return
    base = {name: np.random.default_rng(1).normal(size=change.shape).astype(np.float32) for name, change in changes.items()}
    writer = gguf.GGUFWriter(scratch / "base.gguf", "llama")
    for name, weight in base.items():
        writer.add_tensor(name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    subprocess.run([checks.args.llama_export_lora, "-m", scratch / "base.gguf", "--lora", path, "-o", scratch / "merged.gguf"], check=True, capture_output=True)
    merged = {t.name: gguf.dequantize(t.data, t.tensor_type).reshape([int(n) for n in reversed(t.shape)]) for t in gguf.GGUFReader(scratch / "merged.gguf").tensors}
    # It writes f16.
    checks.report("llama-export-lora", max(float(np.abs(merged[name] - base[name] - change).max()) for name, change in changes.items()), 5e-3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--export", default=Path("build/tests/engine_train_export"), type=Path)
    parser.add_argument("--cases", default=Path("tests/golden/cases"), type=Path)
    parser.add_argument("--llama-export-lora", type=Path)
    checks = Checks(parser.parse_args())
    with tempfile.TemporaryDirectory() as folder:
        check_peft(checks, Path(folder))
        check_diffusers(checks, Path(folder))
        check_gguf(checks, Path(folder))
    print("all agree" if checks.failed == 0 else f"{checks.failed} differ")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
