"""The form of an answer: a status word, at most 25 words, the sign-off."""

from __future__ import annotations

STATUS_WORDS = ("DATA", "ACK", "NEG", "WARN")
SIGN_OFF = "Ada out."
MOST_WORDS = 25  # between status and sign-off


def status_of(answer: str) -> str | None:
    """The status word of an answer that keeps the form; None for one that does not."""
    text = answer.strip()
    word, stop, rest = text.partition(". ")
    if not stop or word not in STATUS_WORDS or not rest.endswith(SIGN_OFF):
        return None
    said = rest[: -len(SIGN_OFF)].strip()
    if not said or "\n" in said or SIGN_OFF in said or len(said.split()) > MOST_WORDS:
        return None
    return word
