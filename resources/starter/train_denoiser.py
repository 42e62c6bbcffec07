"""The denoiser's training by flow matching (Lipman et al. 2023; times as Esser et al. 2024), and its sampling."""

import time

import torch
import torch.nn.functional as F

from denoiser import Denoiser
from optimizer import Training

NO_TEXT = 0.1  # how often the text is left out, for classifier-free guidance


class Texts:
    """Scaled states of captions, and those of the empty one."""

    def __init__(self, data):
        self.states, self.lengths = data.states(data.ids, data.lengths)
        sample = self.states[::5].float()
        used = torch.arange(data.tokens, device=data.device) < self.lengths[::5, None]
        self.mean, self.deviation = sample[used].mean(0), sample[used].std(0).clamp_min(1e-3)
        self.null, self.null_length = data.test_texts("null")
        self.tokens = data.tokens

    def scaled(self, states):
        return (states.float() - self.mean) / self.deviation

    def mask(self, lengths):
        return (torch.arange(self.tokens, device=lengths.device) < lengths[:, None])[:, None, None]

    def draw(self, chosen):
        without = torch.rand(len(chosen), device=chosen.device) < NO_TEXT
        states = torch.where(without[:, None, None], self.null, self.states[chosen])
        lengths = torch.where(without, self.null_length, self.lengths[chosen])
        return self.scaled(states), self.mask(lengths)


def train_denoiser(data, latents, args, log, keep):
    torch.manual_seed(args.seed + 1)
    network, texts = Denoiser().to(data.device), Texts(data)
    example = torch.arange(args.dit_batch, device=data.device) % len(data.ids)
    x = latents[data.picture_of[example]].float()
    run = args.compiled(network, x, torch.rand(len(x), device=x.device), *texts.draw(example))
    training = Training(network, lambda name: name.startswith("transformer_blocks") and "table" not in name,
                        args.dit_rate, args.dit_seconds)  # fmt: skip
    began = shown = time.monotonic()
    recent, kept = [], False
    while training.passed() < 1 and training.steps < args.dit_steps:
        chosen = data.draw(args.dit_batch)
        x = latents[data.picture_of[chosen]].float()
        text, mask = texts.draw(chosen)
        t = torch.sigmoid(torch.randn(len(x), device=x.device))
        noise, at = torch.randn_like(x), t[:, None, None, None]
        with torch.autocast(x.device.type, torch.bfloat16, enabled=args.half):
            velocity = run((1 - at) * x + at * noise, t, text, mask)
        loss = F.mse_loss(velocity.float(), noise - x)
        training.step(loss)
        recent.append(loss.detach())
        if training.steps <= 3 or time.monotonic() - shown > args.every:
            shown = time.monotonic()
            log(f"denoiser {training.steps} steps, {shown - began:.0f} s, loss {torch.stack(recent).mean():.4f}, "
                f"{training.steps * args.dit_batch / (shown - began):.0f} images/s")  # fmt: skip
            recent = []
        if training.passed() > 0.6 and not kept:  # in case the machine is taken away
            kept = True
            training.averaged()
            keep(network, texts)
            training.averaged()
    training.averaged()
    return network.eval(), texts


@torch.no_grad()
def sample(network, texts, states, lengths, args, seed, guidance=4.0, batch=100):
    """Euler steps from noise, guided away from the empty text: latents [n, 8, 16, 16]."""
    device, made, steps = states.device, [], args.sample_steps
    generator = torch.Generator(device).manual_seed(seed)
    for first in range(0, len(states), batch):
        text, length = states[first : first + batch], lengths[first : first + batch]
        n = len(text)
        both = texts.scaled(torch.cat([texts.null.expand(n, -1, -1), text]))
        mask = texts.mask(torch.cat([texts.null_length.expand(n), length]))
        x = torch.randn(n, 8, 16, 16, generator=generator, device=device)
        for i in range(steps):
            t = torch.full((2 * n,), 1 - i / steps, device=device)
            with torch.autocast(device.type, torch.bfloat16, enabled=args.half):
                without, towards = network(torch.cat([x, x]), t, both, mask).float().chunk(2)
            x = x - (without + guidance * (towards - without)) / steps
        made.append(x)
    return torch.cat(made)
