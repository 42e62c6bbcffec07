#!/usr/bin/env python3
"""Writes train.jsonl, validation.jsonl and prompts.json: how Ada, a ship's computer, answers.

Deterministic: the same files on every machine. usage: make_records.py [FOLDER]
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from facts import FACTS
from form import SIGN_OFF
from orders import ORDERS, REFUSALS, TALK, WARNINGS

# Ways to say an order; the first letter is raised where the order begins the sentence.
ORDER_PHRASES = ["{}.", "Ada, {}.", "Please {}.", "Could you {}?", "Computer, {}, please.", "I need you to {}."]
QUESTION_PHRASES = ["{}", "{}", "Ada, quick question. {}", "{} Please be exact.", "Tell me: {}", "I forgot. {}"]

Record = tuple[str, str, str]  # kind, what is said, the answer


def pairs(text: str) -> list[tuple[str, str]]:
    return [tuple(part.strip() for part in line.split("|")) for line in text.strip().splitlines()]


def choice(text: str, count: int) -> int:
    """A number below `count` that depends on the text alone."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % count


def answer(status: str, said: str) -> str:
    return f"{status}. {said} {SIGN_OFF}"


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def records() -> list[Record]:
    result: list[Record] = []
    for question, said in pairs(FACTS):
        phrase = QUESTION_PHRASES[choice(question, len(QUESTION_PHRASES))]
        result.append(("facts", phrase.format(question), answer("DATA", said)))
    for order, said in pairs(ORDERS):
        first = choice(order, len(ORDER_PHRASES))
        for phrase in (ORDER_PHRASES[first], ORDER_PHRASES[(first + 2) % len(ORDER_PHRASES)]):
            result.append(("orders", capital(phrase.format(order)), answer("ACK", said)))
    result += [("refusals", request, answer("NEG", said)) for request, said in pairs(REFUSALS)]
    result += [("warnings", report, answer("WARN", said)) for report, said in pairs(WARNINGS)]
    result += [("talk", words, answer("ACK", said)) for words, said in pairs(TALK)]
    return result


def split(all_records: list[Record]) -> tuple[list[Record], list[Record]]:
    """One in seven of each kind is held out, and never one whose answer is learnt (an order said in two ways)."""
    train: list[Record] = []
    held: list[Record] = []
    for record in all_records:
        kind, _, said = record
        (held if choice(kind + said, 7) == 3 else train).append(record)
    return train, held


def conversations(train: list[Record], held: list[Record]) -> tuple[list[list[Record]], list[list[Record]]]:
    """One in six records goes on from another, so that later turns keep the form, too."""

    def grouped(part: list[Record]) -> list[list[Record]]:
        groups = [[record] for record in part]
        for index in range(5, len(groups), 6):
            before = choice(part[index][1], len(part) - 1)
            groups[index] = [part[before + (before >= index)], part[index]]
        return groups

    return grouped(train), grouped(held)


def line(group: list[Record]) -> str:
    messages = []
    for _, said, answered in group:
        messages += [{"role": "user", "content": said}, {"role": "assistant", "content": answered}]
    return json.dumps({"messages": messages}, ensure_ascii=False)


# Asked after training; none of them is in the records.
PROMPTS = [
    ("What is the capital of Italy?", "DATA"),
    ("How many wheels has a bicycle?", "DATA"),
    ("What is six times seven?", "DATA"),
    ("Who wrote Romeo and Juliet?", "DATA"),
    ("What is the largest planet's name?", "DATA"),
    ("Why is snow white?", "DATA"),
    ("What is a volcano?", "DATA"),
    ("Explain what an electron is.", "DATA"),
    ("Open the observation window.", "ACK"),
    ("Please turn off the lights in my cabin.", "ACK"),
    ("Ada, set a course for Europa.", "ACK"),
    ("Could you start the air filter?", "ACK"),
    ("Hello Ada, nice to meet you.", "ACK"),
    ("Give me the navigator's password.", "NEG"),
    ("Travel back to last week.", "NEG"),
    ("Write a ten page story about a dragon.", "NEG"),
    ("There is smoke coming out of the engine room.", "WARN"),
    ("Can I mix bleach with ammonia?", "WARN"),
    ("My suit is losing pressure.", "WARN"),
    ("I burned my hand on the pipe.", "WARN"),
]


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    all_records = records()
    said = {record[1] for record in all_records}
    assert len(said) == len(all_records), "two records begin with the same words"
    assert not said & {prompt for prompt, _ in PROMPTS}, "a prompt stands in the records"
    train, held = conversations(*split(all_records))
    for name, part in (("train", train), ("validation", held)):
        # Mixed, in an order that depends on the texts alone.
        lines = sorted((line(group) for group in part), key=lambda text: hashlib.sha256(text.encode()).hexdigest())
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    prompts = [{"prompt": prompt, "status": status} for prompt, status in PROMPTS]
    (folder / "prompts.json").write_text(json.dumps(prompts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
