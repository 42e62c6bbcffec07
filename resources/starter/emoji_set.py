"""The emoji that the starter model is taught: names and keywords of Unicode CLDR, pictures of Noto Color Emoji."""

import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path("usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
CLDR = Path("usr/share/unicode/cldr/common")
SIDE = 128  # of a picture, in pixels
GLYPH = (136, 128)  # the font's bitmaps, at its only size of 109
SELECTOR = "\ufe0f"
SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")


@dataclass
class Emoji:
    text: str
    name: str
    keywords: list = field(default_factory=list)
    group: str = ""  # "Animals & Nature", or empty where CLDR gives none
    subgroup: str = ""

    @property
    def has_skin(self):
        return SKIN.search(self.text) is not None

    @property
    def variant(self):  # of another emoji: by gender, hair or skin
        return "\u200d" in self.text or self.has_skin

    @property
    def flag(self):
        return self.name.startswith("flag: ")

    @property
    def person(self):
        return self.group == "Smileys & People" and not self.subgroup.startswith(("clothing", "emotion", "cat", "monkey"))


def read_annotations(root):
    """Emoji by their text, in the order of CLDR."""
    found = {}
    for name in ("annotations/en.xml", "annotationsDerived/en.xml"):
        for one in ElementTree.parse(root / CLDR / name).iter("annotation"):
            text = one.get("cp")
            emoji = found.setdefault(text, Emoji(text, ""))
            if one.get("type") == "tts":
                emoji.name = one.text.replace("\u2019", "'").replace("\u201c", "").replace("\u201d", "")
            else:
                emoji.keywords = [word.strip() for word in one.text.split("|")]
    return found


def members_of(pattern):
    """Of a UnicodeSet without operators: its characters, ranges and {sequences}."""
    pattern = pattern.strip()[1:-1] if pattern.strip().startswith("[") else pattern.strip()
    for part in re.findall(r"\{[^}]*\}|.-.|.", pattern):
        if part.startswith("{"):
            yield part[1:-1]
        elif len(part) == 3:
            yield from map(chr, range(ord(part[0]), ord(part[2]) + 1))
        else:
            yield part


def read_groups(root, found):
    for line in (root / CLDR / "properties/labels.txt").read_text(encoding="utf-8").splitlines():
        parts = [part.strip() for part in line.split("#")[0].split(";")]
        if len(parts) != 3:
            continue
        for text in members_of(parts[0]):
            emoji = found.get(text) or found.get(text.replace(SELECTOR, ""))
            if emoji:
                emoji.group, emoji.subgroup = parts[1], parts[2]


class Renderer:
    def __init__(self, root):
        self.font = ImageFont.truetype(str(root / FONT), 109, layout_engine=ImageFont.Layout.RAQM)

    def draw(self, text):
        """The picture, RGBA of SIDE x SIDE; none where the font has no single picture for the text."""
        if abs(self.font.getlength(text) - GLYPH[0]) > 1:
            return None
        image = Image.new("RGBA", GLYPH, (0, 0, 0, 0))
        left, top, right, bottom = self.font.getbbox(text)
        ImageDraw.Draw(image).text((-left, -top), text, font=self.font, embedded_color=True)
        if not image.getbbox() or len(image.getcolors(1 << 20) or range(999)) < 3:
            return None
        height = round(GLYPH[1] * SIDE / GLYPH[0])
        image = image.convert("RGBa").resize((SIDE, height), Image.Resampling.LANCZOS).convert("RGBA")
        whole = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
        whole.paste(image, (0, (SIDE - height) // 2))
        return whole


def read_emoji(root):
    """Pairs of emoji and picture, those of the whole set that the font draws in colour."""
    found = read_annotations(root)
    read_groups(root, found)
    renderer, seen = Renderer(root), set()
    for emoji in found.values():
        if not emoji.name or SELECTOR in emoji.text or (len(emoji.text) == 1 and SKIN.match(emoji.text)):
            continue
        base = SKIN.sub("", emoji.text).replace(SELECTOR, "")
        if not emoji.group and base in found:  # a variant takes its base's
            emoji.group, emoji.subgroup = found[base].group, found[base].subgroup
        picture = renderer.draw(emoji.text) or renderer.draw(emoji.text + SELECTOR)
        if picture is None or picture.tobytes() in seen:
            continue
        seen.add(picture.tobytes())
        yield emoji, picture


def packed(picture):
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=86, method=4, alpha_quality=90, use_sharp_yuv=True)
    return out.getvalue()
