#!/usr/bin/env python3
"""Asks a model the held-out prompts and says how many answers keep Ada's form.

usage: score.py PROGRAM MODEL [LORA]      PROGRAM: build/bin/diptych
       score.py --answers ANSWERS.json    a list of texts, in the order of prompts.json
Prints one JSON document; status 1 where fewer than 18 of 20 answers keep the form.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from form import status_of

NEEDED = 0.9


def ask(program: str, model: str, adapter: str | None, prompt: str) -> str:
    command = [program, "chat", model, "-p", prompt, "--temp", "0", "--max-tokens", "80", "--json"]
    if adapter:
        command += ["--lora", f"{adapter}:1"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["text"]


def main() -> int:
    prompts = json.loads((Path(__file__).parent / "prompts.json").read_text(encoding="utf-8"))
    arguments = sys.argv[1:]
    if len(arguments) == 2 and arguments[0] == "--answers":
        answers = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    elif len(arguments) in (2, 3):
        adapter = arguments[2] if len(arguments) == 3 else None
        answers = [ask(arguments[0], arguments[1], adapter, entry["prompt"]) for entry in prompts]
    else:
        print(__doc__, file=sys.stderr)
        return 2
    if len(answers) != len(prompts):
        print(f"{len(answers)} answers to {len(prompts)} prompts", file=sys.stderr)
        return 2
    rows = [
        {**entry, "answer": answer, "keeps_form": status_of(answer) is not None, "right_status": status_of(answer) == entry["status"]}
        for entry, answer in zip(prompts, answers)
    ]
    kept = sum(row["keeps_form"] for row in rows)
    right = sum(row["right_status"] for row in rows)
    print(json.dumps({"prompts": len(rows), "keep_form": kept, "right_status": right, "rows": rows}, indent=1, ensure_ascii=False))
    return 0 if kept >= NEEDED * len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
