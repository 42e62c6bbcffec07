#!/usr/bin/env python3
"""Draws examples.txt, captions that training never had, one beside the other, as docs/starter.png:

    draw_examples.py [--diptych build/bin/diptych] [--model emoji-starter] [--out docs/starter.png]

Needs Pillow.
"""

import argparse
import json
import subprocess
import tempfile
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SIDE, GAP, LINE = 128, 8, 14  # pixels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--diptych", type=Path, default=ROOT / "build/bin/diptych")
    parser.add_argument("--model", default="emoji-starter")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/starter.png")
    args = parser.parse_args()
    captions = (HERE / "examples.txt").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        command = [args.diptych, "generate", args.model, "--prompts", HERE / "examples.txt", "--plain-prompt",
                   "--seed", str(args.seed), "-o", Path(folder) / "picture.png", "--json"]  # fmt: skip
        said = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        pictures = [Image.open(name).convert("RGB").copy() for name in said["images"]]
    lines = [textwrap.wrap(caption, 22) for caption in captions]
    height = GAP // 2 + SIDE + GAP + LINE * max(map(len, lines))
    sheet = Image.new("RGB", (len(pictures) * (SIDE + GAP), height), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for i, picture in enumerate(pictures):
        left = i * (SIDE + GAP) + GAP // 2
        sheet.paste(picture, (left, GAP // 2))
        for row, line in enumerate(lines[i]):
            place = (left + SIDE // 2, SIDE + GAP + LINE // 2 + row * LINE)
            draw.text(place, line, fill="#222", font=font, anchor="mm")
    sheet.save(args.out, optimize=True)


if __name__ == "__main__":
    main()
