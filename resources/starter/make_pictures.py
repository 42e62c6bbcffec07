#!/usr/bin/env python3
"""Writes the starter model's training data as pictures with captions beside them, for recipe.json:

    make_pictures.py --root ROOT [--out work/pictures]

ROOT holds the two Debian packages that make_data.py names, unpacked. A folder for each kind of picture, which are
lossless WebP; a picture's captions are the lines of its text file. Held-out captions are those of make_data.py and are
left out here, too. Needs gguf, numpy, Pillow with raqm, torch.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import torch
from PIL import Image

import captions
import make_data
import pictures

# Of each kind at most; recipe.json says how often each folder is shown. Plain pictures are in folders by what they show:
# variants (by gender or hair) and flags are many and much alike. Skin tones are left out, and variants but plain ones.
MOST = {"plain": 1 << 30, "flags": 1 << 30, "variants": 1 << 30, "background": 2400, "colour": 4500, "pair": 2000,
        "count": 500}  # fmt: skip
HELD_OUT = {"plain": 40, "colour": 20}


def arguments():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=here / "work/pictures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", type=int, default=1, help="one picture in so many, for a trial")
    return parser.parse_args()


def folder_of(kind, recipe, emoji):
    """The folder of a picture; none: it is left out."""
    shown = [emoji[i] for i in (recipe[captions.FIRST], recipe[captions.SECOND]) if i >= 0]
    if any(one.has_skin for one in shown):
        return None
    if any(one.variant for one in shown):
        return "variants" if kind == "plain" else None
    return "flags" if kind == "plain" and shown[0].flag else kind


def chosen_recipes(pool, part):
    """Folder -> recipe -> its captions."""
    found = defaultdict(lambda: defaultdict(list))
    for kind, text, recipe in pool.rows:
        folder = folder_of(captions.KINDS[kind], recipe, pool.emoji)
        if folder in MOST:
            found[folder][recipe].append(text)
    for folder, recipes in found.items():
        some = list(recipes.items())[::part]
        most = min(len(some), max(1, MOST[folder] // part))
        yield folder, [some[i * len(some) // most] for i in range(most)]  # spread over all of the kind


def held_out_recipes(pool):
    """Recipes with the captions that training never has, for the validation loss: the first of each kind."""
    for kind, most in HELD_OUT.items():
        rows = [row for row in pool.held_out if captions.KINDS[row[0]] == kind]
        yield from ((recipe, [text]) for _, text, recipe in rows[:most])


def write(folder, rgba, own_hues, chosen):
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, len(chosen), 256):
        some = chosen[first : first + 256]
        made = pictures.compose(rgba, own_hues, torch.tensor([recipe for recipe, _ in some])).clamp(0, 1)
        for i, (picture, (_, texts)) in enumerate(zip((made * 255).round().byte(), some), first):
            Image.fromarray(picture.permute(1, 2, 0).numpy()).save(folder / f"{i:05}.webp", lossless=True)
            (folder / f"{i:05}.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    print(f"{len(chosen)} pictures: {folder.name}", flush=True)


def main():
    args = arguments()
    emoji, pack, offsets = make_data.packed_emoji(args.root)
    rgba = pictures.unpacked(pack, offsets)  # as make_data.py's: the same hues, the same captions
    own_hues = pictures.own_hues(rgba)
    pool = make_data.pool_of(emoji, own_hues.tolist(), args.seed, 36000)
    for folder, chosen in (*chosen_recipes(pool, args.part), ("held_out", list(held_out_recipes(pool)))):
        write(args.out / folder, rgba, own_hues, chosen)


if __name__ == "__main__":
    main()
