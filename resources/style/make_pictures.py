#!/usr/bin/env python3
"""Writes the sample data set: emoji as Delft tiles, with captions that say what is seen and not how:

    apt-get download fonts-noto-color-emoji unicode-cldr-core   # and dpkg -x both into ROOT
    make_pictures.py --root ROOT [--out pictures]

The same pictures for the same packages. Needs numpy, Pillow with raqm.
"""

import argparse
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "starter"))

import captions  # noqa: E402
import emoji_set  # noqa: E402
from delft import delft  # noqa: E402

COUNT = 120
# Never among the pictures: what the adapter is tried with (prompts.txt), and what looks much like it.
KEPT_OUT = (
    "owl", "castle", "Japanese castle", "guitar", "sailboat", "canoe", "rocket", "cat", "cat face", "black cat",
    "deciduous tree", "evergreen tree", "palm tree", "bicycle", "teapot", "elephant", "robot", "hot beverage",
)  # fmt: skip
# Emoji whose subject is a colour, which blue on white does not show, or a mark.
COLOURED = re.compile(r"\b(" + "|".join((*captions.COLOURS, "black", "white")) + r")\b|sign$")
MARKS = ("geometric", "keycap", "alphanum", "arrow", "punctuation", "math", "currency", "other-symbol", "hair")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="where the two Debian packages lie unpacked")
    parser.add_argument("--out", type=Path, default=HERE / "pictures")
    return parser.parse_args()


def suits(emoji):
    plain = not (emoji.variant or emoji.flag or emoji.name in KEPT_OUT or emoji.group in ("Symbols", "Flags"))
    return plain and not COLOURED.search(emoji.name) and not emoji.subgroup.startswith(MARKS)


def words_for(emoji):
    """A line for each caption."""
    nouns = [captions.COMMON.get(emoji.name, captions.spoken(emoji)), captions.spoken(emoji)]
    first = captions.with_article(nouns[0])
    return list(dict.fromkeys([first, nouns[0], f"a picture of {first}", captions.with_article(nouns[1])]))


def main():
    args = arguments()
    suitable = [(emoji, picture) for emoji, picture in emoji_set.read_emoji(args.root) if suits(emoji)]
    suitable.sort(key=lambda pair: (pair[0].group, pair[0].subgroup, pair[0].text))
    args.out.mkdir(parents=True, exist_ok=True)
    for i in range(COUNT):  # spread over all kinds
        emoji, picture = suitable[i * len(suitable) // COUNT]
        name = "".join(c if c.isascii() and c.isalnum() else "-" for c in emoji.name.lower()).strip("-")
        delft(picture).save(args.out / f"{name}.webp", lossless=True, method=6)
        (args.out / f"{name}.txt").write_text("\n".join(words_for(emoji)) + "\n", encoding="utf-8")
    print(f"{COUNT} of {len(suitable)} emoji")


if __name__ == "__main__":
    main()
