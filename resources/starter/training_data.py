"""What make_data.py wrote, as tensors on the device that trains."""

import json

import numpy as np
import torch

import captions
import language_model
import pictures

# How often each kind of caption is drawn, and emoji that are variants of others.
SHARES = {"plain": 0.46, "background": 0.12, "colour": 0.16, "pair": 0.22, "count": 0.03, "mirrored": 0.01}
RARE = {"skin": 0.15, "flag": 0.4, "variant": 0.5}


def texts_of(columns, name):
    """[captions, tokens] padded, and the lengths."""
    lengths = columns[f"{name}_lengths"].astype(np.int64)
    ids = np.full((len(lengths), int(lengths.max())), columns["null_tokens"][-1], dtype=np.int64)
    ids[np.arange(ids.shape[1]) < lengths[:, None]] = columns[f"{name}_tokens"]
    return ids, lengths


class Data:
    def __init__(self, folder, device, part=1):
        self.device = device
        self.description = json.loads((folder / "captions.json").read_text(encoding="utf-8"))
        emoji = self.description["emoji"]
        columns = np.load(folder / "captions.npz")
        pack = (folder / "emoji.webp").read_bytes()
        self.rgba = pictures.unpacked(pack, [one["offset"] for one in emoji]).to(device)
        self.hues = torch.tensor([one["hue"] for one in emoji], device=device)
        self.columns = columns
        self.kinds = columns["train_kinds"].astype(np.int64)[::part]
        self.ids, self.lengths = (one[::part] for one in texts_of(columns, "train"))
        recipes = columns["train_recipes"].astype(np.int64)[::part]
        self.recipes, self.picture_of = np.unique(recipes, axis=0, return_inverse=True)
        self.picture_of = torch.from_numpy(self.picture_of.reshape(-1)).to(device)
        self.weights = torch.from_numpy(self.drawn(recipes, emoji)).to(device)
        self.model = language_model.LanguageModel(dict(np.load(folder / "language_model.npz")), device)
        longest = max(columns[name].max() for name in ("train_lengths", "test_lengths", "shown_lengths"))
        self.tokens = (int(longest) - 1 + 7) // 8 * 8  # attention with masks is faster so

    def drawn(self, recipes, emoji):
        rarity = [np.prod([RARE[kind] for kind in ("skin", "flag", "variant") if one[kind]]) for one in emoji]
        weights = np.array(rarity)[recipes[:, captions.FIRST]]
        each = np.bincount(recipes[:, captions.FIRST][self.kinds == 0], minlength=len(emoji))
        weights[self.kinds == 0] /= each[recipes[:, captions.FIRST][self.kinds == 0]]
        for kind, name in enumerate(captions.KINDS):
            at = self.kinds == kind
            weights[at] *= SHARES[name] / max(weights[at].sum(), 1e-9)
        return weights

    def draw(self, count):
        """Of captions, with replacement."""
        return torch.multinomial(self.weights, count, replacement=True)

    @torch.no_grad()
    def pictures(self, recipes, batch=512):
        """[n, 3, side, side] uint8"""
        rows = torch.from_numpy(np.asarray(recipes)).to(self.device)
        made = (pictures.compose(self.rgba, self.hues, part).clamp(0, 1) for part in rows.split(batch))
        return torch.cat([(part * 255).round().byte() for part in made])

    @torch.no_grad()
    def states(self, ids, lengths, batch=1024):
        """[n, tokens, 576] f16 behind bos, zeros where there is no text, and the lengths."""
        half = torch.float16
        precision = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("highest")  # as exact as the product
        result = torch.zeros(len(ids), self.tokens, self.model.embedding.shape[1], dtype=half, device=self.device)
        lengths = torch.from_numpy(lengths).to(self.device) - 1
        for first in range(0, len(ids), batch):
            states = self.model.states(ids[first : first + batch])[:, 1:]
            mask = torch.arange(states.shape[1], device=self.device) < lengths[first : first + batch, None]
            result[first : first + batch, : states.shape[1]] = (states * mask[..., None]).half()
        torch.set_float32_matmul_precision(precision)
        return result, lengths

    def test_texts(self, name="test"):
        return self.states(*texts_of(self.columns, name))
