"""AutoencoderKL as diffusers names and computes it, 128 x 128 pictures to 16 x 16 latents of 8 channels."""

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {
    "_class_name": "AutoencoderKL",
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": 8,
    "block_out_channels": [64, 96, 128, 128],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 1,
    "norm_num_groups": 32,
    "act_fn": "silu",
    "mid_block_add_attention": False,
    "sample_size": 128,
    "scaling_factor": 1.0,
    "force_upcast": False,
}


def norm(channels):
    return nn.GroupNorm(CONFIG["norm_num_groups"], channels, eps=1e-6)


class Resnet(nn.Module):
    def __init__(self, channels, out_channels):
        super().__init__()
        self.norm1, self.conv1 = norm(channels), nn.Conv2d(channels, out_channels, 3, padding=1)
        self.norm2, self.conv2 = norm(out_channels), nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(channels, out_channels, 1) if channels != out_channels else None
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if self.conv_shortcut is not None else x) + h


class Resampler(nn.Module):
    def __init__(self, channels, down):
        super().__init__()
        self.down = down
        self.conv = nn.Conv2d(channels, channels, 3, stride=2) if down else nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)) if self.down else F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Level(nn.Module):
    def __init__(self, channels, out_channels, count, resampler):
        super().__init__()
        self.resnets = nn.ModuleList(Resnet(channels if i == 0 else out_channels, out_channels) for i in range(count))
        if resampler:
            setattr(self, resampler, nn.ModuleList([Resampler(out_channels, resampler == "downsamplers")]))
        self.resampler = resampler

    def forward(self, x):
        for resnet in self.resnets:
            x = resnet(x)
        return getattr(self, self.resampler)[0](x) if self.resampler else x


class Half(nn.Module):
    """Encoder or decoder."""

    def __init__(self, decoder):
        super().__init__()
        widths, latents = CONFIG["block_out_channels"], CONFIG["latent_channels"]
        first, last = (latents, CONFIG["out_channels"]) if decoder else (CONFIG["in_channels"], 2 * latents)
        order = widths[::-1] if decoder else widths
        count = CONFIG["layers_per_block"] + (1 if decoder else 0)
        resampler = "upsamplers" if decoder else "downsamplers"
        inputs = [order[0], *order[:-1]]
        self.decoder = decoder
        self.conv_in = nn.Conv2d(first, order[0], 3, padding=1)
        levels = nn.ModuleList(
            Level(inputs[i], width, count, resampler if i + 1 < len(order) else "") for i, width in enumerate(order)
        )
        setattr(self, "up_blocks" if decoder else "down_blocks", levels)
        self.mid_block = Level(widths[-1], widths[-1], 2, "")
        self.conv_norm_out = norm(order[-1])
        self.conv_out = nn.Conv2d(order[-1], last, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        if self.decoder:
            x = self.mid_block(x)
        for level in self.up_blocks if self.decoder else self.down_blocks:
            x = level(x)
        if not self.decoder:
            x = self.mid_block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        latents = CONFIG["latent_channels"]
        self.encoder, self.decoder = Half(decoder=False), Half(decoder=True)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(2 * latents, 2 * latents, 1), nn.Conv2d(latents, latents, 1)

    def encode(self, images):  # [n, 3, side, side] in -1 … 1: mean and log variance, [n, 8, side / 8, side / 8]
        mean, log_variance = self.quant_conv(self.encoder(images)).chunk(2, dim=1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, latents):
        return self.decoder(self.post_quant_conv(latents))

    def forward(self, images, noise):
        mean, log_variance = self.encode(images)
        return self.decode(mean + torch.exp(log_variance / 2) * noise), mean, log_variance

    @torch.no_grad()
    def normalize(self, mean, deviation):
        """Makes latents of these channels' means and deviations ones of 0 and 1, in the convolutions around them."""
        n = CONFIG["latent_channels"]
        w, b = self.quant_conv.weight, self.quant_conv.bias
        w[:n] /= deviation[:, None, None, None]
        b[:n] = (b[:n] - mean) / deviation
        b[n:] -= 2 * deviation.log()
        w, b = self.post_quant_conv.weight, self.post_quant_conv.bias
        b += w[:, :, 0, 0] @ mean
        w *= deviation[None, :, None, None]
