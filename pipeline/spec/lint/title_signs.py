"""Signs that services refuse or readers stumble over."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

_LEGAL = "©®™℗℠"
_LETTERLIKE = "°№"
_LOOK = "\ufe0f"  # asks for the coloured look of the sign before it
FIRST_EMOJI = 0x1F000  # Unicode: Mahjong tiles and all that came after them
_PAIRS = (("(", ")"), ("[", "]"), ("“", "”"))


@check(
    "spec/title_signs",
    rationale="""Emoji and ornaments come out as empty boxes on players, paper and in CD-Text;
    the Apple Music Style Guide and distributors refuse them, and legal signs have fields of
    their own.""",
)
def title_signs(written: Written) -> Iterator[Finding]:
    """Titles and artists are made of letters that can be printed, and brackets close."""
    for path, text, track in (*written.titles(), *written.artists()):
        for severity, code, message, action in _odd(text):
            yield written.finding(
                severity, code, f"{text!r} {message}", at=path, track=track, action=action
            )


def _odd(text: str) -> Iterator[tuple[Severity, str, str, str]]:
    signs = [each for each in text if unicodedata.category(each) == "So"]
    emoji = [each for each in signs if ord(each) >= FIRST_EMOJI or each + _LOOK in text]
    legal = [each for each in signs if each in _LEGAL]
    others = [each for each in signs if each not in (*emoji, *legal, *_LETTERLIKE)]
    if emoji:
        yield Severity.WARN, "emoji", f"has an emoji in it ({emoji[0]})", "take it out"
    if legal:
        action = "take it out: the © and ℗ lines have keys of their own"
        yield Severity.WARN, "legal", f"has the sign {legal[0]} in it", action
    if others:
        message = f"has the ornament {others[0]} in it; some players show an empty box"
        yield Severity.INFO, "ornament", message, "ask the distributor, or write a word"
    if "  " in text:
        yield Severity.INFO, "spaces", "has two spaces in a row", "take one out"
    if any(text.count(left) != text.count(right) for left, right in _PAIRS):
        yield (
            Severity.WARN,
            "brackets",
            "has a bracket or quote without its partner",
            "close it",
        )
