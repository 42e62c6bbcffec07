"""Writes reference_values.h: what PyTorch, transformers, bitsandbytes and prodigyopt make of the same steps.

    python make_reference.py > reference_values.h

Needs torch, transformers, bitsandbytes (its CPU path) and prodigyopt. Values and gradients are small multiples of 1/64,
so that both languages have the same bits; optimizer_test.cpp repeats the formulas.
"""

import contextlib
import math
import sys

import torch

SHAPES = [(6, 10), (7,), (3, 2, 2, 3)]  # the second has no weight decay
LARGE = 5000  # above the size from which 8-bit moments are used
STEPS = 8


def value(count: int, k: int) -> torch.Tensor:
    return torch.tensor([((i * 37 + k * 11) % 64 - 31.5) / 64 for i in range(count)], dtype=torch.float32)


def gradient(count: int, k: int, t: int) -> torch.Tensor:
    return torch.tensor([((i * 29 + k * 13 + t * 17) % 61 - 30) / 16 / 2 ** (t % 3 + i % 5) for i in range(count)], dtype=torch.float32)


def rate(t: int, steps: int) -> float:
    return 0.01 * min(1.0, (t + 1) / 4, (steps - t) / 4)


def run(make, shapes, scale: float = 1.0, steps: int = STEPS):
    params = [torch.nn.Parameter(value(math.prod(s), k).reshape(s)) for k, s in enumerate(shapes)]
    groups = [{"params": [p], **({"weight_decay": 0.0} if k == 1 else {})} for k, p in enumerate(params)]
    with contextlib.redirect_stdout(sys.stderr):  # prodigyopt speaks
        optimizer = make(groups)
    for t in range(steps):
        for group in optimizer.param_groups:
            if group["lr"] is not None:
                group["lr"] = rate(t, steps) * scale
        for k, p in enumerate(params):
            p.grad = gradient(p.numel(), k, t).reshape(p.shape)
        optimizer.step()
    return [p.detach().flatten() for p in params], optimizer


def quantize_to_nearest(values, code, absmax_out, out, blocksize) -> None:
    """In place of bitsandbytes' table for CPUs, which takes up to seven levels beside the nearest for small values."""
    for block, part in enumerate(values.split(blocksize)):
        absmax_out[block] = part.abs().max()
        scaled = part * (1 / absmax_out[block])
        out[block * blocksize : block * blocksize + len(part)] = (scaled[:, None] - code).abs().argmin(1)


def array(name: str, values) -> None:
    print(f"inline const std::vector<float> {name}{{")
    line = "   "
    for v in values:
        word = f" {float(v):.9g}".replace(" 0,", " 0.0,")
        word = (word if any(c in word for c in ".en") else word + ".0") + "f,"
        if len(line) + len(word) > 118:
            print(line)
            line = "   "
        line += word
    print(line + "\n};\n")


def both(name, make, **arguments):
    array(name, torch.cat(run(make, SHAPES, **arguments)[0]))


def muon(groups):
    """torch.optim.Muon for matrices and AdamW for the rest; its source, with the iteration in f32 in place of bf16."""
    import inspect

    from torch.optim import _muon

    source = inspect.getsource(_muon._zeropower_via_newtonschulz).replace("torch.bfloat16", "torch.float32")
    exec(source, _muon.__dict__)
    matrices = [g for g in groups if g["params"][0].ndim == 2]
    rest = [g for g in groups if g["params"][0].ndim != 2]
    first = torch.optim.Muon(matrices, lr=1.0, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    second = torch.optim.AdamW(rest, lr=1.0, betas=(0.9, 0.95), weight_decay=0.1)

    class Both:
        param_groups = [*first.param_groups, *second.param_groups]

        def step(self):
            first.step()
            second.step()

    return Both()


def schedules() -> None:
    import transformers as tf

    for name, kind, arguments in [
        ("constant", "constant_with_warmup", {}), ("linear", "linear", {}), ("cosine", "cosine", {}),
        ("cosine_restarts", "cosine_with_restarts", {"num_cycles": 3}), ("polynomial", "polynomial", {"power": 2.0, "lr_end": 1e-4}),
        ("warmup_stable_decay", "warmup_stable_decay", {"num_decay_steps": 6, "decay_type": "1-sqrt"})]:
        p = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([p], lr=0.05)
        total = {} if kind == "constant_with_warmup" else {"num_training_steps": 20}
        schedule = tf.get_scheduler(kind, optimizer, num_warmup_steps=4, scheduler_specific_kwargs=arguments, **total)
        rates = []
        for _ in range(22):
            rates.append(schedule.get_last_lr()[0])
            optimizer.step()
            schedule.step()
        print(f"inline const std::vector<double> {name}_rates{{{', '.join(repr(float(r)) for r in rates)}}};\n")


def main() -> None:
    import bitsandbytes as bnb
    import prodigyopt
    import transformers as tf

    print("// Made by make_reference.py.")
    print(f"// torch {torch.__version__}, transformers {tf.__version__}, bitsandbytes {bnb.__version__}, prodigyopt 1.1.2.")
    print("#pragma once\n\n#include <vector>\n\nnamespace diptych::train::reference {\n")
    both("adamw", lambda g: torch.optim.AdamW(g, lr=1.0, betas=(0.9, 0.95), weight_decay=0.1))
    both("sgd", lambda g: torch.optim.SGD(g, lr=1.0, momentum=0.9, weight_decay=0.1))
    both("plain_sgd", lambda g: torch.optim.SGD(g, lr=1.0))
    array("muon", torch.cat(run(muon, [(6, 10), (7,), (40, 24), (16, 16)])[0]))
    both("lion", lambda g: bnb.optim.Lion32bit(g, lr=1.0, betas=(0.9, 0.99), weight_decay=0.1))
    both("prodigy", lambda g: prodigyopt.Prodigy(g, lr=1.0, weight_decay=0.1), scale=100.0, steps=24)
    both("prodigy_corrected", lambda g: prodigyopt.Prodigy(g, lr=1.0, weight_decay=0.1, use_bias_correction=True, safeguard_warmup=True, d_coef=2.0), scale=100.0, steps=24)
    both("adafactor", lambda g: tf.optimization.Adafactor(g, lr=1.0, relative_step=False, scale_parameter=False, weight_decay=0.1))
    both("adafactor_relative", lambda g: tf.optimization.Adafactor(g, weight_decay=0.1))
    bnb.backends.cpu.ops._quant_blockwise_fp32_direct = quantize_to_nearest
    (large,), optimizer = run(lambda g: bnb.optim.AdamW8bit(g, lr=1.0, betas=(0.9, 0.95), weight_decay=0.1), [(LARGE,)])
    state = next(iter(optimizer.state.values()))
    array("adamw_8bit", large[::100])
    array("adamw_8bit_scales", torch.cat([state["absmax1"], state["absmax2"]]))
    array("signed_map", bnb.functional.create_dynamic_map(signed=True))
    array("unsigned_map", bnb.functional.create_dynamic_map(signed=False))
    schedules()
    print("}  // namespace diptych::train::reference")


if __name__ == "__main__":
    sys.exit(main())
