"""PixArt's transformer as diffusers names and computes it, over 16 x 16 latents, a token for each patch of 4 x 4 places."""

import math

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {
    "_class_name": "PixArtTransformer2DModel",
    "num_layers": 8,
    "num_attention_heads": 4,
    "attention_head_dim": 64,
    "in_channels": 8,
    "out_channels": 8,
    "patch_size": 4,
    "sample_size": 16,
    "caption_channels": 576,
    "cross_attention_dim": 256,
    "use_additional_conditions": False,
    "interpolation_scale": 1.0,
    "norm_type": "ada_norm_single",
    "norm_eps": 1e-6,
    "norm_elementwise_affine": False,
    "activation_fn": "gelu-approximate",
    "attention_bias": True,
}
WIDTH = CONFIG["num_attention_heads"] * CONFIG["attention_head_dim"]


def heads(x):  # [n, tokens, width] -> [n, heads, tokens, head]
    return x.unflatten(-1, (-1, CONFIG["attention_head_dim"])).transpose(1, 2)


def zeroed(layer):
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.to_q, self.to_k, self.to_v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(WIDTH, WIDTH)])

    def joined(self, x, parts):  # one product for several
        weight = torch.cat([part.weight for part in parts])
        return F.linear(x, weight, torch.cat([part.bias for part in parts])).chunk(len(parts), dim=-1)

    def forward(self, x, text=None, mask=None):
        if text is None:
            q, k, v = self.joined(x, (self.to_q, self.to_k, self.to_v))
        else:
            q = self.to_q(x)
            k, v = self.joined(text, (self.to_k, self.to_v))
        a = F.scaled_dot_product_attention(heads(q), heads(k), heads(v), attn_mask=mask)
        return self.to_out[0](a.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        first = nn.Module()
        first.proj = nn.Linear(WIDTH, 4 * WIDTH)
        self.net = nn.ModuleList([first, nn.Identity(), nn.Linear(4 * WIDTH, WIDTH)])

    def forward(self, x):
        return self.net[2](F.gelu(self.net[0].proj(x), approximate="tanh"))


def modulate(x, shift, scale):
    return F.layer_norm(x, x.shape[-1:], eps=CONFIG["norm_eps"]) * (1 + scale) + shift


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale_shift_table = nn.Parameter(torch.zeros(6, WIDTH))
        self.attn1, self.attn2, self.ff = Attention(), Attention(), FeedForward()
        zeroed(self.attn2.to_out[0])

    def forward(self, x, text, mask, parts):  # parts [n, 6, width]
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.scale_shift_table + parts).unsqueeze(2).unbind(1)
        x = x + gate1 * self.attn1(modulate(x, shift1, scale1))
        x = x + self.attn2(x, text, mask)
        return x + gate2 * self.ff(modulate(x, shift2, scale2))


class Pair(nn.Module):
    def __init__(self, channels, activation):
        super().__init__()
        self.linear_1, self.linear_2, self.activation = nn.Linear(channels, WIDTH), nn.Linear(WIDTH, WIDTH), activation

    def forward(self, x):
        return self.linear_2(self.activation(self.linear_1(x)))


def waves(values, channels):  # cosines first
    frequencies = torch.exp(-math.log(10000) * torch.arange(channels // 2, device=values.device) / (channels // 2))
    angles = values.float()[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def places(side):  # [side * side, width]: columns first, sines before cosines
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    halves = [waves(one.flatten(), WIDTH // 2).chunk(2, dim=-1) for one in (column, row)]
    return torch.cat([part for cos, sin in halves for part in (sin, cos)], dim=-1)


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        channels, self.side = CONFIG["in_channels"], CONFIG["patch_size"]
        self.pos_embed, self.adaln_single = nn.Module(), nn.Module()
        self.pos_embed.proj = nn.Conv2d(channels, WIDTH, self.side, stride=self.side)
        self.adaln_single.emb = nn.Module()
        self.adaln_single.emb.timestep_embedder = Pair(256, nn.SiLU())
        self.adaln_single.linear = zeroed(nn.Linear(WIDTH, 6 * WIDTH))
        self.caption_projection = Pair(CONFIG["caption_channels"], nn.GELU(approximate="tanh"))
        self.transformer_blocks = nn.ModuleList(Block() for _ in range(CONFIG["num_layers"]))
        self.scale_shift_table = nn.Parameter(torch.zeros(2, WIDTH))
        self.proj_out = zeroed(nn.Linear(WIDTH, self.side**2 * CONFIG["out_channels"]))
        self.register_buffer("places", places(CONFIG["sample_size"] // self.side), persistent=False)

    def forward(self, x, time, text, mask):
        """x [n, 8, 16, 16], time [n] of 0 … 1, text [n, tokens, 576], mask [n, 1, 1, tokens]: velocity."""
        n, _, h, w = x.shape
        condition = self.adaln_single.emb.timestep_embedder(waves(time * 1000, 256))
        parts = self.adaln_single.linear(F.silu(condition)).view(n, 6, WIDTH)
        text = self.caption_projection(text)
        x = self.pos_embed.proj(x).flatten(2).transpose(1, 2) + self.places
        for block in self.transformer_blocks:
            x = block(x, text, mask, parts)
        shift, scale = (self.scale_shift_table + condition[:, None]).chunk(2, dim=1)
        x = self.proj_out(modulate(x, shift, scale)).view(n, h // self.side, w // self.side, self.side, self.side, -1)
        return x.permute(0, 5, 1, 3, 2, 4).reshape(n, -1, h, w)

    @torch.no_grad()
    def take_text_scale(self, mean, deviation):
        """From texts of these means and deviations made 0 and 1 to texts as they are."""
        layer = self.caption_projection.linear_1
        layer.weight /= deviation
        layer.bias -= layer.weight @ mean
