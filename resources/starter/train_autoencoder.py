"""The autoencoder's training: absolute errors of pictures, of their edges and of smaller ones, and KL divergence."""

import time

import torch
import torch.nn.functional as F

from autoencoder import Autoencoder
from optimizer import Training

KL_WEIGHT = 2e-4


def edges(x):
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def difference(made, images):
    loss = 0.0
    for scale in (1, 2, 4):
        a, b = (F.avg_pool2d(x, scale) if scale > 1 else x for x in (made, images))
        loss = loss + F.l1_loss(a, b) + sum(F.l1_loss(x, y) for x, y in zip(edges(a), edges(b)))
    return loss + 2 * F.mse_loss(made, images)


def as_input(images):
    return images.float() / 127.5 - 1


def train_autoencoder(data, images, args, log):
    torch.manual_seed(args.seed)
    network = Autoencoder().to(data.device, memory_format=torch.channels_last)
    training = Training(network, lambda name: "conv_in" not in name and "conv_out" not in name, args.vae_rate,
                        args.vae_seconds)  # fmt: skip
    shape = (args.vae_batch, 8, images.shape[-1] // 8, images.shape[-1] // 8)
    example = as_input(images[torch.arange(args.vae_batch, device=images.device) % len(images)])
    example = example.contiguous(memory_format=torch.channels_last)
    run = args.compiled(network, example, torch.randn(shape, device=example.device))
    began = shown = time.monotonic()
    while training.passed() < 1 and training.steps < args.vae_steps:
        x = as_input(images[data.picture_of[data.draw(args.vae_batch)]])
        x = (x.flip(-1) if training.steps % 2 else x).contiguous(memory_format=torch.channels_last)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=args.half):
            made, mean, log_variance = run(x, torch.randn(shape, device=x.device))
        mean, log_variance = mean.float(), log_variance.float()
        reconstruction = difference(made.float(), x)
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()
        training.step(reconstruction + KL_WEIGHT * divergence)
        if training.steps <= 3 or time.monotonic() - shown > args.every:
            shown = time.monotonic()
            log(f"autoencoder {training.steps} steps, {shown - began:.0f} s, loss {reconstruction.item():.4f}, "
                f"KL {divergence.item():.2f}, PSNR {psnr(made, x):.2f}")  # fmt: skip
    training.averaged()
    return network.eval()


def psnr(made, images):  # of pictures in -1 … 1
    return (-10 * torch.log10(((made.float().clamp(-1, 1) - images) / 2).square().mean())).item()


@torch.no_grad()
def encoded(network, images, batch=512):
    """Means of latents, [n, 8, side / 8, side / 8] f16."""
    found = []
    for part in images.split(batch):
        x = as_input(part).contiguous(memory_format=torch.channels_last)
        found.append(network.encode(x)[0].half().contiguous())
    return torch.cat(found)


@torch.no_grad()
def decoded(network, latents, batch=256):
    """[n, 3, side, side] uint8"""
    made = [network.decode(part).clamp(-1, 1) for part in latents.float().split(batch)]
    return torch.cat([((part + 1) * 127.5).round().byte() for part in made])


def normalize(network, images):
    latents = encoded(network, images).float()
    network.normalize(latents.mean((0, 2, 3)), latents.std((0, 2, 3)))
