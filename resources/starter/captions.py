"""What is asked for in words and what it looks like: the pool of captions and the recipes of their pictures.

A recipe is a row of numbers: FIRST and SECOND emoji (-1: none), their COLOURS (-1: their own), BACKGROUND, LAYOUT.
"""

import random
import re
from collections import Counter

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "gray")
BACKGROUNDS = ("white", *COLOURS, "black", "light blue", "light green", "light yellow")
FIRST, FIRST_COLOUR, SECOND, SECOND_COLOUR, BACKGROUND, LAYOUT = range(6)
CENTRE, BESIDE, ABOVE, MIRRORED, TWO, THREE = range(6)  # layouts
KINDS = ("plain", "background", "colour", "pair", "count", "mirrored")

# Common words for what CLDR calls otherwise.
COMMON = {
    "automobile": "car", "deciduous tree": "tree", "airplane": "plane", "bicycle": "bike", "crescent moon": "moon",
    "hot beverage": "cup of coffee", "teacup without handle": "cup of tea", "baby chick": "chick",
    "sailboat": "boat", "locomotive": "steam train", "mobile phone": "phone", "wrapped gift": "gift",
    "t-shirt": "shirt", "jeans": "trousers", "eyeglasses": "pair of glasses", "spiral shell": "shell",
    "red heart": "heart", "red apple": "apple", "glass of milk": "milk", "round pushpin": "pin",
    "grinning face": "smiley", "video game": "game controller", "kitchen knife": "knife", "honeybee": "bee",
    "military medal": "medal", "top hat": "hat", "person running": "runner", "person walking": "walker",
    "Santa Claus": "santa", "crossed swords": "swords", "light bulb": "lamp", "beer mug": "beer",
    "wine glass": "glass of wine", "shortcake": "slice of cake", "sport utility vehicle": "jeep",
    "delivery truck": "truck", "fire engine": "fire truck", "high-speed train": "fast train", "spouting whale": "whale",
    "open book": "book", "running shoe": "sneaker", "handbag": "bag", "leafy green": "lettuce", "ear of corn": "corn",
}  # fmt: skip

PHRASES = (
    "{n}", "{a}", "an emoji of {a}", "a picture of {a}", "a drawing of {a}", "{n} emoji", "an icon of {a}",
    "a small picture of {a}", "{a} on a white background", "draw {a}", "show me {a}", "I want {a}", "a sticker of {a}",
    "clip art of {a}", "an image of {a}", "a cartoon of {a}", "{a}, simple and colourful", "please draw {a}",
    "an illustration of {a}", "{n}, {k1}", "{n}, {k1}, {k2}", "{a}, {k1}", "{k1}, {n}", "{k1}, {k2}: {n}",
    "a {k1} emoji: {n}", "an emoji that shows {a}", "a symbol of {a}", "{a} in the style of an emoji",
    "one {n}", "just {a}", "{a}, flat design", "the {n}", "can you draw {a}?", "make {a}",
)  # fmt: skip
BACKGROUND_PHRASES = (
    "{a} on a {b} background", "{n}, {b} background", "a picture of {a} on {b}", "{a} in front of a {b} background",
    "an emoji of {a} on a {b} background", "{a} with a {b} background", "{n} on {b}",
)  # fmt: skip
BESIDE_PHRASES = ("{x} next to {y}", "{x} and {y}", "{x} beside {y}", "{x} to the left of {y}", "{x} with {y}")
ABOVE_PHRASES = ("{x} above {y}", "{x} over {y}", "{x} on top of {y}")
# What training shows at its end.
SHOWN = (
    "a red car on a blue background", "a cat next to a tree", "a purple pear", "a green dog", "grinning face",
    "a blue banana on a yellow background", "two pizzas", "a rocket above a house", "a pink elephant",
    "a cup of coffee and a croissant", "the flag of France", "a drawing of a lion", "a robot",
    "a yellow umbrella next to a blue fish", "a picture of a castle", "three red apples", "a green heart",
    "an owl on a purple background",
)  # fmt: skip


def spoken(emoji):
    """Its name as people say it."""
    name = emoji.name
    if emoji.flag:
        return "flag of " + name.removeprefix("flag: ")
    return name.replace(": ", ", ").replace(":", ",")


def with_article(noun):
    last = noun.split(",")[0].split(" of ")[0].split(" with ")[0].split()[-1]
    plural = last.endswith("s") and not last.endswith(("ss", "us", "is")) or last in ("people", "men", "women", "children")
    if plural or noun[0].isdigit() or (noun[0].isupper() and not noun.startswith(("Santa", "Mrs"))):
        return noun
    if noun.startswith("flag of "):
        return "the " + noun
    return ("an " if noun[0].lower() in "aeiou" and not noun.startswith(("uni", "one ")) else "a ") + noun


class Captions:
    """Of a list of emoji; `recolourable` says of which the colour can be changed."""

    def __init__(self, emoji, recolourable, seed):
        self.emoji, self.random = emoji, random.Random(seed)
        names = {spoken(one) for one in emoji}
        counted = Counter(word for one in emoji if not one.has_skin for word in set(one.keywords))
        self.nouns, self.keywords = [], []
        for one in emoji:
            nouns = [spoken(one)]
            if one.name in COMMON:
                nouns.append(COMMON[one.name])
            self.nouns.append(nouns)
            words = [word for word in one.keywords if word not in names and word != one.name and ":" not in word]
            self.keywords.append(sorted(words, key=lambda word: (counted[word], word)))
        coloured = re.compile(r"\b(" + "|".join((*COLOURS, "black", "white", "grey", "golden")) + r")\b")
        self.recolourable = [i for i in recolourable if not coloured.search(emoji[i].name)]
        self.things = [
            i for i, one in enumerate(emoji)
            if not (one.variant or one.flag or one.person or one.group in ("Symbols", "Flags")) and len(one.name) < 22
        ]  # fmt: skip
        self.rows, self.held_out, self.seen = [], [], set()

    def noun(self, i):
        return self.random.choice(self.nouns[i])

    def add(self, kind, text, recipe, held_out=False):
        if text in self.seen:
            return False
        self.seen.add(text)
        (self.held_out if held_out else self.rows).append((KINDS.index(kind), text, tuple(recipe)))
        return True

    def phrase(self, pattern, i):
        words = self.random.sample(self.keywords[i][:6], min(2, len(self.keywords[i][:6])))
        if ("{k1}" in pattern and len(words) < 1) or ("{k2}" in pattern and len(words) < 2):
            return None
        noun = self.noun(i)
        k1, k2 = (*words, "", "")[:2]
        return pattern.format(n=noun, a=with_article(noun), k1=k1, k2=k2)

    def colours(self, i, seed):
        """The colours in which an emoji is shown in training, and those kept for the test."""
        mixed = random.Random(f"{seed} {self.emoji[i].text}").sample(range(len(COLOURS)), len(COLOURS))
        return (mixed[1:], mixed[:1]) if i % 4 == 0 else (mixed, [])

    def plain(self, each):
        for i, one in enumerate(self.emoji):
            patterns = self.random.sample(PHRASES, each if not one.has_skin else each // 3)
            for pattern in ["{n}", "{a}", *patterns]:
                text = self.phrase(pattern, i)
                if text:
                    self.add("plain", text, (i, -1, -1, -1, 0, CENTRE))
            for noun in self.nouns[i]:
                self.add("plain", noun, (i, -1, -1, -1, 0, CENTRE))
                self.add("plain", with_article(noun), (i, -1, -1, -1, 0, CENTRE))

    def backgrounds(self, each):
        for i, one in enumerate(self.emoji):
            for pattern in self.random.choices(BACKGROUND_PHRASES, k=each if not one.has_skin else 1):
                b, noun = self.random.randrange(1, len(BACKGROUNDS)), self.noun(i)
                text = pattern.format(n=noun, a=with_article(noun), b=BACKGROUNDS[b])
                self.add("background", text, (i, -1, -1, -1, b, CENTRE))

    def coloured(self, seed):
        for i in self.recolourable:
            for c in self.colours(i, seed)[0]:
                for _ in range(3):
                    noun = f"{COLOURS[c]} {self.noun(i)}"
                    pattern = self.random.choice((*PHRASES[:18], *PHRASES[:3], "{n}", "{a}"))
                    self.add("colour", pattern.format(n=noun, a=with_article(noun)), (i, c, -1, -1, 0, CENTRE))
                b = self.random.randrange(1, len(BACKGROUNDS))
                text = self.random.choice(BACKGROUND_PHRASES).format(n=noun, a=with_article(noun), b=BACKGROUNDS[b])
                if BACKGROUNDS[b] != COLOURS[c]:
                    self.add("colour", text, (i, c, -1, -1, b, CENTRE))

    def part(self, seed):
        """A thing, sometimes in another colour: its words, its emoji, its colour."""
        i = self.random.choice(self.things)
        if i in self.recolourable_set and self.random.random() < 0.4:
            c = self.random.choice(self.colours(i, seed)[0])
            return with_article(f"{COLOURS[c]} {self.noun(i)}"), i, c
        return with_article(self.noun(i)), i, -1

    def pairs(self, count, seed):
        self.recolourable_set = set(self.recolourable)
        for _ in range(count):
            (x, i, c), (y, j, d) = self.part(seed), self.part(seed)
            layout = ABOVE if self.random.random() < 0.25 else BESIDE
            text = self.random.choice(ABOVE_PHRASES if layout == ABOVE else BESIDE_PHRASES).format(x=x, y=y)
            b = 0
            if self.random.random() < 0.2:
                b = self.random.randrange(1, len(BACKGROUNDS))
                text += f" on a {BACKGROUNDS[b]} background"
            if i != j:
                self.add("pair", text, (i, c, j, d, b, layout))

    def counted(self, count):
        for _ in range(count):
            i, layout = self.random.choice(self.things), self.random.choice((TWO, THREE))
            noun = self.noun(i)
            plural = noun if noun.endswith("s") else noun + ("es" if noun.endswith(("x", "ch", "sh")) else "s")
            if " of " not in noun and " with " not in noun:
                number = {TWO: ("two", "2", "a pair of"), THREE: ("three", "3")}[layout]
                self.add("count", f"{self.random.choice(number)} {plural}", (i, -1, -1, -1, 0, layout))

    def mirrored(self, count):
        for i in self.random.sample(self.things, min(count, len(self.things))):
            noun = with_article(self.noun(i))
            text = self.random.choice(("{}, mirrored", "a mirrored picture of {}", "{} facing the other way"))
            self.add("mirrored", text.format(noun), (i, -1, -1, -1, 0, MIRRORED))

    def hold_out(self, count, seed):
        """Phrasings that training never has: of emoji it knows, and of colours it never showed the object in."""
        bases = [i for i, one in enumerate(self.emoji) if not (one.variant or one.flag or one.group == "Symbols")]
        patterns = [pattern for pattern in PHRASES if pattern not in ("{n}", "{a}")]
        for i in self.random.sample(bases, len(bases)):
            if sum(row[0] == KINDS.index("plain") for row in self.held_out) < count:
                text = self.phrase(self.random.choice(patterns), i)
                if text:
                    self.add("plain", text, (i, -1, -1, -1, 0, CENTRE), held_out=True)
        kept = [(i, c) for i in self.recolourable for c in self.colours(i, seed)[1] if i in set(self.things)]
        for i, c in self.random.sample(kept, min(count // 2, len(kept))):
            noun = f"{COLOURS[c]} {self.noun(i)}"
            b = self.random.choice([b for b in range(1, len(BACKGROUNDS)) if COLOURS[c] not in BACKGROUNDS[b]])
            on = self.random.random() < 0.5
            text = with_article(noun) + (f" on a {BACKGROUNDS[b]} background" if on else "")
            self.add("colour", text, (i, c, -1, -1, b if on else 0, CENTRE), held_out=True)
