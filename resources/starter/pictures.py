"""Pictures of recipes (captions.py), made on the device that trains."""

import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import captions as c

# Of COLOURS: hue in turns, and what saturation and value are raised to and multiplied by.
PAINTS = (
    (0.0, 1.0, 1.0), (0.075, 1.0, 1.15), (0.135, 1.0, 1.25), (0.36, 0.9, 0.9), (0.6, 1.0, 1.0), (0.765, 0.85, 0.9),
    (0.93, 0.55, 1.2), (0.06, 0.8, 0.6), (0.0, 0.0, 0.7),
)  # fmt: skip
GROUNDS = (
    (255, 255, 255), (229, 57, 53), (251, 140, 0), (253, 216, 53), (67, 160, 71), (30, 136, 229), (142, 36, 170),
    (244, 143, 177), (121, 85, 72), (158, 158, 158), (33, 33, 33), (179, 229, 252), (200, 230, 201), (255, 249, 196),
)  # fmt: skip
HUE_WIDTH = 0.11  # to either side of an object's own hue


def unpacked(pack, offsets):
    """[emoji, 4, side, side] uint8"""
    ends = [*offsets[1:], len(pack)]
    images = [Image.open(io.BytesIO(pack[a:b])).convert("RGBA") for a, b in zip(offsets, ends)]
    return torch.from_numpy(np.stack([np.asarray(image) for image in images])).permute(0, 3, 1, 2).contiguous()


def hue_saturation(rgb):
    """Of [n, 3, h, w] in 0 … 1: hue in turns, saturation, value."""
    value, least = rgb.amax(1), rgb.amin(1)
    span = (value - least).clamp_min(1e-6)
    r, g, b = rgb.unbind(1)
    hue = torch.where(value == r, (g - b) / span, torch.where(value == g, 2 + (b - r) / span, 4 + (r - g) / span))
    return (hue / 6) % 1, (value - least) / value.clamp_min(1e-6), value


def from_hue(hue, saturation, value):
    channels = []
    for shift in (5, 3, 1):
        k = (shift + hue * 6) % 6
        channels.append(value - value * saturation * torch.minimum(k, 4 - k).clamp(0, 1))
    return torch.stack(channels, dim=1)


def distance(hue, other):
    return ((hue - other + 0.5) % 1 - 0.5).abs()


def own_hues(rgba):
    """Of each picture its own hue, or -1 where it has several or none."""
    result = []
    for part in rgba.split(256):
        x = part.float() / 255
        hue, saturation, value = hue_saturation(x[:, :3])
        opaque = x[:, 3] > 0.5
        strong = opaque & (saturation > 0.35) & (value > 0.25)
        angle = hue * 2 * math.pi
        weight = strong * saturation
        mean = torch.atan2((weight * angle.sin()).sum((1, 2)), (weight * angle.cos()).sum((1, 2))) / (2 * math.pi) % 1
        near = strong & (distance(hue, mean[:, None, None]) < HUE_WIDTH)
        enough = near.sum((1, 2)) > 0.45 * opaque.sum((1, 2))
        single = near.sum((1, 2)) > 0.85 * strong.sum((1, 2))
        result.append(torch.where(enough & single, mean, -1.0))
    return torch.cat(result)


def recoloured(rgba, hues, colours):
    """[n, 4, h, w] in 0 … 1, with what has the picture's own hue in another colour; -1: as it is."""
    paints = torch.tensor(PAINTS, device=rgba.device)[colours.clamp_min(0)]
    hue, saturation, value = hue_saturation(rgba[:, :3])
    target, s, v = (paint[:, None, None] for paint in paints.unbind(1))
    painted = from_hue(target.expand_as(hue), (saturation * s).clamp(0, 1), (value * v).clamp(0, 1))
    away = distance(hue, hues[:, None, None])
    amount = ((HUE_WIDTH + 0.05 - away) / 0.05).clamp(0, 1) * ((saturation - 0.08) / 0.1).clamp(0, 1)
    amount = (amount * (colours >= 0)[:, None, None])[:, None]
    return torch.cat([rgba[:, :3] * (1 - amount) + painted * amount, rgba[:, 3:]], dim=1)


def smaller(x, side):  # of colours already multiplied by their opacity
    return F.interpolate(x, size=(side, side), mode="bilinear", antialias=True, align_corners=False)


def over(ground, x, top, left):
    """x laid over the ground at a place, both multiplied by opacity; the ground has no opacity of its own."""
    h, w = x.shape[2:]
    part = ground[:, :, top : top + h, left : left + w]
    part.mul_(1 - x[:, 3:]).add_(x[:, :3])


def compose(rgba, hues, recipes):
    """[n, 3, side, side] in 0 … 1 of [n, 6] recipes."""
    side = rgba.shape[-1]
    half, third = side // 2, side * 7 // 16

    def objects(emoji, colours):
        x = recoloured(rgba[emoji.clamp_min(0)].float() / 255, hues[emoji.clamp_min(0)], colours)
        return torch.cat([x[:, :3] * x[:, 3:], x[:, 3:]], dim=1)

    grounds = torch.tensor(GROUNDS, device=rgba.device, dtype=torch.float32) / 255
    out = grounds[recipes[:, c.BACKGROUND]][:, :, None, None].repeat(1, 1, side, side)
    for layout in recipes[:, c.LAYOUT].unique().tolist():
        at = (recipes[:, c.LAYOUT] == layout).nonzero()[:, 0]
        rows, ground = recipes[at], out[at]
        first = objects(rows[:, c.FIRST], rows[:, c.FIRST_COLOUR])
        if layout in (c.CENTRE, c.MIRRORED):
            small = smaller(first, side * 3 // 4)  # room for the background, where there is one
            coloured = (rows[:, c.BACKGROUND] > 0)[:, None, None, None]
            margin = side // 8
            inset = F.pad(small, (margin, margin, margin, margin))
            x = torch.where(coloured, inset, first)
            over(ground, x.flip(-1) if layout == c.MIRRORED else x, 0, 0)
        elif layout in (c.BESIDE, c.ABOVE):
            a = smaller(first, half)
            b = smaller(objects(rows[:, c.SECOND], rows[:, c.SECOND_COLOUR]), half)
            places = ((half // 2, 0), (half // 2, half)) if layout == c.BESIDE else ((0, half // 2), (half, half // 2))
            over(ground, a, *places[0])
            over(ground, b, *places[1])
        elif layout == c.TWO:
            a = smaller(first, half)
            over(ground, a, half // 2, 0)
            over(ground, a, half // 2, half)
        else:
            a = smaller(first, third)
            over(ground, a, 0, (side - third) // 2)
            over(ground, a, side - third, side // 2 - third)
            over(ground, a, side - third, side // 2)
        out[at] = ground
    return out
