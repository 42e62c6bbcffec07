"""What both networks are trained with: Muon for matrices inside, AdamW for the rest, a cosine of rates, and averages."""

import math
import time

import torch

WARM_UP = 0.02  # of the time
MUON_SIZE = 0.2  # root mean square of an update, as AdamW's (Liu et al. 2025, Muon is scalable for LLM training)


def orthogonal(matrices):
    """Of a batch of matrices the nearest ones with singular values near 1 (Jordan 2024: five Newton-Schulz steps)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.bfloat16() if matrices.is_cuda else matrices
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x.mT if tall else x).float()


class Muon:
    def __init__(self, parameters, momentum=0.95, decay=0.05):
        shapes = {}
        for one in parameters:
            shapes.setdefault((one.shape[0], one[0].numel()), []).append(one)
        self.groups = [(group, [torch.zeros_like(one) for one in group]) for group in shapes.values()]
        self.momentum, self.decay = momentum, decay

    @torch.no_grad()
    def step(self, rate):
        for group, moving in self.groups:
            gradients = [one.grad for one in group]
            torch._foreach_lerp_(moving, gradients, 1 - self.momentum)
            ahead = torch._foreach_lerp(gradients, moving, self.momentum)
            matrices = torch.stack([one.flatten(1) for one in ahead])
            size = MUON_SIZE * math.sqrt(max(matrices.shape[1:]))
            updates = [update.view_as(one) for update, one in zip(orthogonal(matrices).unbind(), group)]
            torch._foreach_mul_(group, 1 - rate * self.decay)
            torch._foreach_add_(group, updates, alpha=-rate * size)


class Training:
    """The optimizers of a network, for a time rather than a number of steps."""

    def __init__(self, network, inside, rate, seconds, average=0.999):
        chosen = {name for name, one in network.named_parameters() if one.ndim >= 2 and inside(name)}
        named = dict(network.named_parameters())
        self.all = list(named.values())
        self.muon = Muon([one for name, one in named.items() if name in chosen])
        rest = [one for name, one in named.items() if name not in chosen]
        fused = {"fused": True} if self.all[0].is_cuda else {}
        self.adam = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0, **fused)
        self.averages = [one.detach().clone() for one in self.all]
        self.rate, self.seconds, self.average = rate, seconds, average
        self.steps, self.start = 0, None

    def passed(self):
        """The part of the time that is over; it runs from the second step, behind compilation."""
        return 0.0 if self.start is None else (time.monotonic() - self.start) / self.seconds

    def step(self, loss):
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.all, 1.0)
        part = min(1.0, self.passed())
        rate = self.rate * min(1.0, part / WARM_UP + 0.01) * (0.5 + 0.5 * math.cos(math.pi * part))
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        self.muon.step(rate)
        for one in self.all:
            one.grad = None
        self.steps += 1
        if self.start is None and self.steps == 2:
            self.start = time.monotonic()
        weight = 1 - min(self.average, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(self.averages, self.all, weight)

    @torch.no_grad()
    def averaged(self):
        """Puts the averages in place of the weights, and again what was there."""
        for one, mean in zip(self.all, self.averages):
            kept = one.detach().clone()
            one.copy_(mean)
            mean.copy_(kept)
