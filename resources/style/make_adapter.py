#!/usr/bin/env python3
"""Trains the adapter, writes it in 16 bits, and draws what it does:

    make_adapter.py [--diptych build/bin/diptych] [--keep]

delft.safetensors is what recipe.json comes to; docs/style.png shows prompts.txt without it and with it, at the same
seeds. --keep: of a training that has ended. Needs numpy, Pillow.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ADAPTER = HERE / "delft.safetensors"
SIDE, GAP, TEXT = 128, 8, 22  # pixels


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--diptych", type=Path, default=ROOT / "build/bin/diptych")
    parser.add_argument("--keep", action="store_true", help="take resources/style/trained as it is")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def halved(data):
    """A safetensors file with its f32 values as f16, all else as it was."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    body, out, parts = data[8 + length :], {}, []
    at = 0
    for name, entry in header.items():
        if name == "__metadata__":
            out[name] = entry
            continue
        begin, end = entry["data_offsets"]
        part, kind = body[begin:end], entry["dtype"]
        if kind == "F32":
            part, kind = np.frombuffer(part, dtype="<f4").astype("<f2").tobytes(), "F16"
        out[name] = {"dtype": kind, "shape": entry["shape"], "data_offsets": [at, at + len(part)]}
        parts.append(part)
        at += len(part)
    text = json.dumps(out, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def generated(args, more):
    """A picture of each prompt."""
    with tempfile.TemporaryDirectory() as folder:
        command = [args.diptych, "generate", "emoji-starter", "--prompts", HERE / "prompts.txt", "--plain-prompt",
                   "--seed", str(args.seed), *more, "-o", Path(folder) / "picture.png", "--json"]  # fmt: skip
        said = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return [Image.open(name).convert("RGB").copy() for name in said["images"]]


def main():
    args = arguments()
    if not args.keep:
        subprocess.run([args.diptych, "finetune", HERE / "recipe.json"], check=True)
    ADAPTER.write_bytes(halved((HERE / "trained/adapter.safetensors").read_bytes()))
    before, after = generated(args, []), generated(args, ["--lora", f"{ADAPTER}:1"])
    prompts = (HERE / "prompts.txt").read_text(encoding="utf-8").split("\n")
    sheet = Image.new("RGB", (len(before) * (SIDE + GAP) - GAP, 2 * SIDE + GAP + TEXT), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for i, pair in enumerate(zip(before, after)):
        for row, picture in enumerate(pair):
            sheet.paste(picture, (i * (SIDE + GAP), row * (SIDE + GAP)))
        middle = i * (SIDE + GAP) + SIDE // 2
        draw.text((middle, 2 * SIDE + GAP + TEXT // 2 + 2), prompts[i], fill="#555", font=font, anchor="mm")
    sheet.save(ROOT / "docs/style.png", optimize=True)


if __name__ == "__main__":
    main()
