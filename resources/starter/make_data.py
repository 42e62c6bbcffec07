#!/usr/bin/env python3
"""Makes the starter model's training data, the same for the same seed:

    apt-get download fonts-noto-color-emoji unicode-cldr-core   # and dpkg -x both into ROOT
    make_data.py --root ROOT --language-model SmolLM2-135M-Instruct.Q4_1.gguf --out DATA

DATA then holds emoji.webp (pictures one behind the other), captions.npz (tokens and recipes), captions.json (emoji, the
held-out captions) and language_model.npz (the layers that train.py reads texts with). Needs numpy, Pillow with raqm,
gguf, tokenizers, torch.
"""

import argparse
import json
from pathlib import Path

import gguf
import numpy as np

import captions
import emoji_set
import language_model
import pictures


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="where the two Debian packages lie unpacked")
    parser.add_argument("--language-model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=36000)
    return parser.parse_args()


def chosen_emoji(root):
    """All but skin tones, and one in eight of these."""
    skins = 0
    for emoji, picture in emoji_set.read_emoji(root):
        skins += emoji.has_skin
        if not emoji.has_skin or skins % 8 == 0:
            yield emoji, picture


def packed_emoji(root):
    """All emoji, their pictures one behind the other, and where each begins."""
    emoji, images = zip(*chosen_emoji(root))
    packed = [emoji_set.packed(image) for image in images]
    return emoji, b"".join(packed), np.cumsum([0, *map(len, packed)])[:-1].tolist()


def pool_of(emoji, hues, seed, pairs):
    """All captions with the recipes of their pictures, the same for the same seed."""
    recolourable = [i for i, one in enumerate(emoji) if hues[i] >= 0 and one.group not in ("Symbols", "Flags") and not (one.person or one.variant)]
    pool = captions.Captions(emoji, recolourable, seed)
    pool.hold_out(200, seed)
    pool.plain(14)
    pool.backgrounds(4)
    pool.coloured(seed)
    pool.pairs(pairs, seed)
    pool.counted(4000)
    pool.mirrored(500)
    return pool


def write_captions(args, pool, reader):
    tokenizer = language_model.Tokenizer(reader)
    columns, used = {}, set()
    untold = (-1,) * 6
    shown = [(0, text, untold) for text in captions.SHOWN]
    for name, rows in (
        ("train", pool.rows), ("test", pool.held_out), ("shown", shown), ("null", [(0, "", untold)])
    ):  # fmt: skip
        ids = tokenizer([text for _, text, _ in rows])
        used.update(token for row in ids for token in row)
        columns[f"{name}_tokens"] = np.array([token for row in ids for token in row], dtype=np.uint16)
        columns[f"{name}_lengths"] = np.array([len(row) for row in ids], dtype=np.uint8)
        columns[f"{name}_kinds"] = np.array([kind for kind, _, _ in rows], dtype=np.uint8)
        columns[f"{name}_recipes"] = np.array([recipe for _, _, recipe in rows], dtype=np.int16)
    np.savez_compressed(args.out / "captions.npz", **columns)
    np.savez(args.out / "language_model.npz", **language_model.cut(reader, used))


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    emoji, pack, offsets = packed_emoji(args.root)
    (args.out / "emoji.webp").write_bytes(pack)
    hues = pictures.own_hues(pictures.unpacked(pack, offsets)).tolist()
    pool = pool_of(emoji, hues, args.seed, args.pairs)
    write_captions(args, pool, gguf.GGUFReader(args.language_model))
    description = {
        "emoji": [{"text": one.text, "name": one.name, "variant": one.variant, "flag": one.flag, "skin": one.has_skin,
                   "offset": offset, "hue": round(hue, 4)} for one, offset, hue in zip(emoji, offsets, hues)],
        "recolourable": pool.recolourable,
        "held_out": [{"kind": captions.KINDS[kind], "text": text, "recipe": recipe}
                     for kind, text, recipe in pool.held_out],
    }  # fmt: skip
    (args.out / "captions.json").write_text(json.dumps(description, ensure_ascii=False, indent=0), encoding="utf-8")
    kinds = np.bincount([kind for kind, _, _ in pool.rows], minlength=len(captions.KINDS))
    print(f"{len(emoji)} emoji, {len(pool.recolourable)} of them in other colours; captions: "
          + ", ".join(f"{count} {name}" for name, count in zip(captions.KINDS, kinds))
          + f"; held out: {len(pool.held_out)}")  # fmt: skip


if __name__ == "__main__":
    main()
