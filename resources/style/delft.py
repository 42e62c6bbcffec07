"""An emoji as painted on a Delft tile: cobalt blue on white glaze, the darker the thicker, with lines where colour or opacity
changes."""

import numpy as np
from PIL import Image, ImageFilter

SIDE = 128
FINE = 4  # lines are looked for in a picture so many times as large
GLAZE, COBALT, LINE = ((247, 249, 248), (38, 84, 176), (20, 40, 116))
LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32)  # of BT.601
WASH, WASH_CURVE = 0.9, 0.8  # opacity of the cobalt that black becomes, and how it falls towards white
LINE_OPACITY = 0.85
SOFTNESS = 4  # deviation of the blur before differences are taken, in pixels of the large picture
NEIGHBOURHOOD = 9  # half a side, the same pixels: a line is what changes more than its surroundings
LEAST, WHOLE = 0.004, 0.014  # change per pixel above the surroundings': where a line begins, where it is opaque


def box_mean(x, half):
    """Of [h, w], over squares around each pixel."""
    side = 2 * half + 1
    sums = np.pad(np.pad(x, half, mode="edge").cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return (sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]) / side**2


def lines_of(picture):
    """[SIDE, SIDE] in 0 … 1 of an RGBA picture."""
    large = picture.convert("RGBa").resize((SIDE * FINE, SIDE * FINE), Image.Resampling.LANCZOS).convert("RGBA")
    rgba = np.asarray(large, dtype=np.float32) / 255
    alpha = rgba[..., 3:]
    seen = np.concatenate([rgba[..., :3] * alpha + 0.5 * (1 - alpha), alpha], axis=2)  # on grey, which few emoji have
    channels = [Image.fromarray((seen[..., i] * 255).astype(np.uint8)) for i in range(4)]
    soft = np.stack([np.asarray(c.filter(ImageFilter.GaussianBlur(SOFTNESS)), dtype=np.float32) / 255 for c in channels])
    down, right = np.gradient(soft, axis=(1, 2))
    change = np.sqrt((down**2 + right**2).sum(0))
    line = ((change - 0.9 * box_mean(change, NEIGHBOURHOOD) - LEAST) / (WHOLE - LEAST)).clip(0, 1)
    small = Image.fromarray((line * 255).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return (np.asarray(small, dtype=np.float32) / 255 * 1.6).clip(0, 1)


def blend(below, colour, amount):
    amount = amount[..., None]
    return below * (1 - amount) + np.array(colour, dtype=np.float32) * amount


def delft(picture):
    """RGB of SIDE x SIDE."""
    rgba = np.asarray(picture, dtype=np.float32) / 255
    light = (rgba[..., :3] @ LUMA) * rgba[..., 3] + 1 - rgba[..., 3]  # on white
    glaze = np.tile(np.array(GLAZE, dtype=np.float32), (SIDE, SIDE, 1))
    washed = blend(glaze, COBALT, WASH * (1 - light) ** WASH_CURVE)
    drawn = blend(washed, LINE, LINE_OPACITY * lines_of(picture))
    return Image.fromarray(drawn.clip(0, 255).round().astype(np.uint8))
