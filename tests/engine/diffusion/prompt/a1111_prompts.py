#!/usr/bin/env python3
"""Writes a1111_prompts.json: odd prompts as A1111's documented rules read them (needs lark).

A small reference of its own: schedules by the published grammar, attention by the regular expression of its rules, AND
and BREAK as words of their own. Prompts with several stray brackets side by side are left out: the grammar is ambiguous
there.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import lark

GRAMMAR = r"""
!start: (prompt | /[][():]/+)*
prompt: (emphasized | scheduled | alternate | plain | WHITESPACE)*
!emphasized: "(" prompt ")" | "(" prompt ":" prompt ")" | "[" prompt "]"
scheduled: "[" [prompt ":"] prompt ":" [WHITESPACE] NUMBER [WHITESPACE] "]"
alternate: "[" prompt ("|" [prompt])+ "]"
WHITESPACE: /\s+/
plain: /([^\\\[\]():|]|\\.)+/
%import common.SIGNED_NUMBER -> NUMBER
"""
PARSER = lark.Lark(GRAMMAR)
TOKEN = re.compile(r"\\[()\[\]\\]|\\|\(|\[|:\s*([+-]?[.\d]+)\s*\)|\)|]|[^\\()\[\]:]+|:")
WEIGHT = re.compile(r"^(.*?)(?:\s*:\s*([-+]?(?:\d+\.?|\d*\.\d+)))?\s*$", re.S)


def text_at(node, step: int, steps: int) -> str:
    if node is None:
        return ""
    if isinstance(node, lark.Token):
        return str(node)
    if node.data == "scheduled":
        before, after, _, number, _ = node.children
        when = min(steps, int(float(number) * (steps if "." in number else 1)))
        return text_at(before if step <= when else after, step, steps)
    if node.data == "alternate":
        return text_at(node.children[(step - 1) % len(node.children)], step, steps)
    return "".join(text_at(child, step, steps) for child in node.children)


def stages(text: str, steps: int) -> list[tuple[int, str]]:
    """The text of each step; equal neighbours are one."""
    try:
        tree = PARSER.parse(text)
        texts = [text_at(tree, step, steps) for step in range(1, steps + 1)]
    except lark.exceptions.LarkError:
        texts = [text] * steps
    return [(i + 1, one) for i, one in enumerate(texts) if i + 1 == steps or texts[i + 1] != one]


def attention(text: str) -> list[list]:
    """[text, weight] pieces; a break is [None, 1]."""
    pieces: list[list] = []
    opened: dict[str, list[int]] = {"(": [], "[": []}

    def weigh(first: int, factor: float) -> None:
        for piece in pieces[first:]:
            piece[1] *= factor if piece[0] is not None else 1

    for match in TOKEN.finditer(text):
        token, number = match.group(0), match.group(1)
        if token[0] == "\\":
            pieces.append([token[1:], 1.0])
        elif token in opened:
            opened[token].append(len(pieces))
        elif number is not None and opened["("]:
            weigh(opened["("].pop(), float(number))
        elif token == ")" and opened["("]:
            weigh(opened["("].pop(), 1.1)
        elif token == "]" and opened["["]:
            weigh(opened["["].pop(), 1 / 1.1)
        else:
            for i, part in enumerate(re.split(r"\s*\bBREAK\b\s*", token)):
                pieces += [[None, 1.0]] * (i > 0) + [[part, 1.0]]
    for first in opened["("]:
        weigh(first, 1.1)
    for first in opened["["]:
        weigh(first, 1 / 1.1)
    merged: list[list] = []
    for piece in pieces or [["", 1.0]]:
        if merged and None not in (piece[0], merged[-1][0]) and merged[-1][1] == piece[1]:
            merged[-1][0] += piece[0]
        else:
            merged.append(list(piece))
    return merged


def read(text: str, steps: int, composable: bool) -> list[dict]:
    parts = []
    for sub in re.split(r"\bAND\b", text) if composable else [text]:
        words, weight = WEIGHT.match(sub).groups() if composable else (sub, None)
        parts.append({"weight": float(weight or 1), "stages": [[last, attention(one)] for last, one in stages(words, steps)]})
    return parts


ATOMS = ["a fox", "red, ", "(", ")", "[", "]", "(", "[", "]", ")", ":1.3)", ":0.5]", ":2]", ":", "|", " AND ", " BREAK ", "BREAK", "AND", "\\(", "\\)", "\\[", "\\", "\\\\", ":1.2", " 0.5", "1.", "é", "日本", "\n",
         ": .5 )", ":-1)", ":+0.7)", "[x:y:0.25]", "[a|b|c]", "((z))", "[[q]]", "(w:1.1)", "[:in:3]", "[out::2]", "[a:b:.5]", "[a:b:1e0]", "_AND_", " x:2 AND y :0.5", "[(a:1.2)|[b:c:3]]", "e:", "[a\\|b|c]", "(a[b)c]", "\t"]


def main() -> None:
    draw = random.Random(50)
    cases = [{"text": text, "steps": 4, "composable": True} for text in ("", "(((a)))", "a (b [c (d:1.5) e] f", "\\(a\\) (b\\))", "[a:[b:c:3]:1] BREAK d", "a AND (b:1.2) :-0.5 AND c")]
    while len(cases) < 60:
        text = "".join(draw.choice(ATOMS) for _ in range(draw.randint(2, 8)))
        if not re.search(r"[\[\]():]\s*[\[\]():]", text) and "1.2.3" not in text:
            cases.append({"text": text, "steps": 4, "composable": draw.random() < 0.8})
    for case in cases:
        case["parts"] = read(**{key: case[key] for key in ("text", "steps", "composable")})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    Path(__file__).with_suffix(".json").write_text("[\n" + lines + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
